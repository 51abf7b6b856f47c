/* One pass over the top level of the translation unit collects the items of the
 * runtime and the names that system headers declare. What an item uses is then
 * read off its tokens: names of the runtime carry its prefix, so a token that
 * spells one means it. That also sees macros inside macros, which libclang does
 * not record, and branches of #if that this target does not take. */
#include "parse.h"

#include <clang-c/Index.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extent.h"
#include "includes.h"
#include "support/arena.h"
#include "targets/target.h"

enum { MAX_ARGUMENTS = 32 };

struct parse {
	struct library *l;
	struct arena *a;
	CXTranslationUnit tu;
	struct includes includes;
	struct source_item *items;
	int n_items;
	struct map names;               /* of the runtime -> item; filled after sorting */
	struct map system_names;        /* of system headers -> their file in includes */
	struct extent *expansions;      /* macro expansions at the top level of runtime files ... */
	int *expansion_files;           /* ... and their files */
	int n_expansions;
	bool ok;
};

static const char *spelling(struct parse *p, CXCursor c)
{
	return take_string(p->a, clang_getCursorSpelling(c));
}

static void add_item(struct parse *p, const char *symbol, enum rt_kind kind, int file, struct extent x)
{
	struct source_item *item;

	p->items = ARENA_PUSH(p->a, p->items, p->n_items, struct source_item);
	item = &p->items[p->n_items++];
	*item = (struct source_item){ .symbol = symbol, .kind = kind, .file = file, .begin = x.begin, .end = x.end };
	item->text = arena_printf(p->a, "%.*s\n", (int)(x.end - x.begin), p->l->files[file].text + x.begin);
}

static struct extent cursor_extent(CXCursor c)
{
	CXSourceRange range = clang_getCursorExtent(c);
	struct extent x;

	clang_getExpansionLocation(clang_getRangeStart(range), NULL, NULL, NULL, &x.begin);
	clang_getExpansionLocation(clang_getRangeEnd(range), NULL, NULL, NULL, &x.end);
	return x;
}

static void add_expansion(struct parse *p, CXCursor c, int file)
{
	p->expansions = ARENA_PUSH(p->a, p->expansions, p->n_expansions, struct extent);
	p->expansion_files = ARENA_PUSH(p->a, p->expansion_files, p->n_expansions, int);
	p->expansions[p->n_expansions] = cursor_extent(c);
	p->expansion_files[p->n_expansions++] = file;
}

/* A declaration that a macro makes as a whole is cut out as that macro's use. */
static bool made_by_macro(const struct parse *p, int file, struct extent *x)
{
	for (int i = 0; i < p->n_expansions; i++) {
		const struct extent *m = &p->expansions[i];
		if (p->expansion_files[i] == file && m->begin == x->begin && m->end >= x->end) {
			*x = *m;
			return true;
		}
	}
	return false;
}

static enum rt_kind kind_of(CXCursor c)
{
	switch (c.kind) {
	case CXCursor_FunctionDecl:
		return RT_FUNCTION;
	case CXCursor_VarDecl:
		return RT_CONSTANT;
	default:
		return RT_TYPE;
	}
}

/* A type that is only named here and defined elsewhere, or a prototype: the definition is the item. */
static bool is_forward(CXCursor c)
{
	CXCursor definition = clang_getCursorDefinition(c);

	return c.kind != CXCursor_TypedefDecl && !clang_isCursorDefinition(c) && !clang_Cursor_isNull(definition);
}

struct inner {
	struct parse *p;
	int file;
	struct extent x;
};

/* Newer libclangs spell what has no name as "(unnamed at ...)". */
static bool is_name(const char *symbol)
{
	return *symbol && !strchr(symbol, '(');
}

/* Names that C lifts out of a type: enumerators, and the tags of types inside it. */
static enum CXChildVisitResult add_inner(CXCursor c, CXCursor parent, CXClientData data)
{
	const struct inner *i = data;
	bool is_constant = c.kind == CXCursor_EnumConstantDecl;
	const char *symbol;

	(void)parent;
	if (!is_constant && c.kind != CXCursor_EnumDecl && c.kind != CXCursor_StructDecl &&
	    c.kind != CXCursor_UnionDecl)
		return CXChildVisit_Continue;
	symbol = spelling(i->p, c);
	if (is_name(symbol))
		add_item(i->p, symbol, is_constant ? RT_CONSTANT : RT_TYPE, i->file, i->x);
	return CXChildVisit_Recurse;
}

static void add_declaration(struct parse *p, CXCursor c, int file)
{
	struct extent x = cursor_extent(c);
	const char *symbol = spelling(p, c);
	bool is_function = c.kind == CXCursor_FunctionDecl && clang_isCursorDefinition(c);

	if (is_forward(c))
		return;
	x = extent_declaration(p->l->files[file].text, x, made_by_macro(p, file, &x) || is_function);
	if (is_name(symbol))
		add_item(p, symbol, kind_of(c), file, x);
	if (kind_of(c) == RT_TYPE)
		clang_visitChildren(c, add_inner, &(struct inner){ p, file, x });
}

static void add_runtime(struct parse *p, CXCursor c, const char *path)
{
	int file = library_file(p->l, path);

	const char *header = c.kind == CXCursor_InclusionDirective ? includes_note(&p->includes, c) : NULL;

	if (header)
		library_header(p->l, header);
	else if (c.kind == CXCursor_MacroExpansion)
		add_expansion(p, c, file);
	else if (c.kind == CXCursor_MacroDefinition)
		add_item(p, spelling(p, c), RT_MACRO, file,
			extent_macro(p->l->files[file].text, cursor_extent(c)));
	else if (clang_isDeclaration(c.kind))
		add_declaration(p, c, file);
}

static enum CXChildVisitResult add_system_enumerator(CXCursor c, CXCursor parent, CXClientData data)
{
	struct parse *p = data;
	unsigned offset;
	const char *path = locate(p->a, clang_getCursorLocation(c), &offset);

	(void)parent;
	if (c.kind == CXCursor_EnumConstantDecl && path)
		map_set_name(&p->system_names, spelling(p, c), includes_find(&p->includes, path));
	return CXChildVisit_Continue;
}

static void add_system(struct parse *p, CXCursor c, const char *path)
{
	const char *name;

	if (c.kind != CXCursor_MacroDefinition && !clang_isDeclaration(c.kind))
		return;
	name = spelling(p, c);
	if (*name && map_get_name(&p->system_names, name, -1) < 0)
		map_set_name(&p->system_names, name, includes_find(&p->includes, path));
	if (c.kind == CXCursor_EnumDecl)
		clang_visitChildren(c, add_system_enumerator, p);
}

static enum CXChildVisitResult visit_top(CXCursor c, CXCursor parent, CXClientData data)
{
	struct parse *p = data;
	unsigned offset;
	const char *path = locate(p->a, clang_getCursorLocation(c), &offset);

	(void)parent;
	if (!path)
		return CXChildVisit_Continue;
	if (includes_is_runtime(&p->includes, path))
		add_runtime(p, c, path);
	else
		add_system(p, c, path);
	return CXChildVisit_Continue;
}

static const struct parse *sorting;

static int item_rank(const struct source_item *item)
{
	return sorting->includes.files[includes_find(&sorting->includes, sorting->l->files[item->file].path)].rank;
}

/* Order in one file; of two that overlap, the outer one first. */
static int compare_items(const void *a, const void *b)
{
	const struct source_item *x = a, *y = b;
	int rank_x = item_rank(x), rank_y = item_rank(y);

	if (rank_x != rank_y)
		return rank_x < rank_y ? -1 : 1;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return strcmp(x->symbol, y->symbol);
}

static void add_use(struct parse *p, struct source_item *item, int use)
{
	for (int i = 0; i < item->n_uses; i++)
		if (item->uses[i] == use)
			return;
	item->uses = ARENA_PUSH(p->a, item->uses, item->n_uses, int);
	item->uses[item->n_uses++] = use;
}

/* Items that lie inside an earlier one (the struct of a typedef, an enumerator) keep their name and hand everything
 * else to it. */
static void fold_inner(struct parse *p)
{
	int outer = 0;

	for (int i = 1; i < p->n_items; i++) {
		struct source_item *item = &p->items[i];
		if (item->file != p->items[outer].file || item->begin >= p->items[outer].end) {
			outer = i;
			continue;
		}
		item->text = "";
		add_use(p, item, outer);
	}
}

static void read_token(struct parse *p, int i, const char *name)
{
	int64_t use = map_get_name(&p->names, name, -1), file = map_get_name(&p->system_names, name, -1);
	const char *header;

	if (use >= 0 && use != i)
		add_use(p, &p->items[i], (int)use);
	if (use >= 0 || file < 0)
		return;
	header = includes_header(&p->includes, (int)file);
	if (header)
		p->items[i].headers |= UINT32_C(1) << library_header(p->l, header);
}

static void read_tokens(struct parse *p, int i)
{
	const struct source_item *item = &p->items[i];
	CXFile file = clang_getFile(p->tu, p->l->files[item->file].path);
	CXSourceRange range = clang_getRange(clang_getLocationForOffset(p->tu, file, item->begin),
					     clang_getLocationForOffset(p->tu, file, item->end));
	CXToken *tokens;
	unsigned n;

	clang_tokenize(p->tu, range, &tokens, &n);
	for (unsigned k = 0; k < n; k++) {
		CXTokenKind kind = clang_getTokenKind(tokens[k]);
		if (kind == CXToken_Identifier || kind == CXToken_Keyword)
			read_token(p, i, take_string(p->a, clang_getTokenSpelling(p->tu, tokens[k])));
	}
	clang_disposeTokens(p->tu, tokens, n);
}

static void finish(struct parse *p, const struct target *t)
{
	struct source_index *index;

	sorting = p;
	qsort(p->items, (size_t)p->n_items, sizeof *p->items, compare_items);
	for (int i = 0; i < p->n_items; i++)
		if (map_get_name(&p->names, p->items[i].symbol, -1) < 0)
			map_set_name(&p->names, p->items[i].symbol, i);
	fold_inner(p);
	for (int i = 0; i < p->n_items; i++)
		if (*p->items[i].text)
			read_tokens(p, i);
	p->l->indexes = ARENA_PUSH(p->a, p->l->indexes, p->l->n_indexes, struct source_index);
	index = &p->l->indexes[p->l->n_indexes++];
	*index = (struct source_index){ .target = t->name, .items = p->items, .n_items = p->n_items };
	if (p->n_items > UINT16_MAX) {
		fprintf(stderr, "%s: %d items, more than an index holds\n", t->name, p->n_items);
		p->ok = false;
	}
}

/* Prints errors and warnings alike: the headers are to compile without either. */
static bool print_diagnostics(struct parse *p, const struct target *t)
{
	unsigned n = clang_getNumDiagnostics(p->tu);
	bool ok = true;

	for (unsigned i = 0; i < n; i++) {
		CXDiagnostic d = clang_getDiagnostic(p->tu, i);
		if (clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error)
			ok = false;
		fprintf(stderr, "target %s: %s\n", t->name,
			take_string(p->a, clang_formatDiagnostic(d, clang_defaultDiagnosticDisplayOptions())));
		clang_disposeDiagnostic(d);
	}
	return ok;
}

static int make_arguments(struct parse *p, const char **v, const struct target *t, const struct parse_options *o)
{
	int n = 0;

	v[n++] = "-xc";
	v[n++] = "-std=c11";
	v[n++] = "-ffreestanding";
	v[n++] = "-nostdlibinc";
	v[n++] = "-resource-dir";
	v[n++] = o->resource_dir;
	v[n++] = "-isystem";
	v[n++] = o->system_dir;
	v[n++] = "-Wno-pragma-once-outside-header";
	v[n++] = arena_printf(p->a, "-I%s", p->l->root);
	for (const char *s = target_index_flags(p->a, t); *s && n < MAX_ARGUMENTS; s += strcspn(s, " "), s += *s == ' ')
		v[n++] = arena_strndup(p->a, s, strcspn(s, " "));
	return n;
}

bool parse_target(struct library *l, const struct target *t, const struct parse_options *options)
{
	struct parse p = { .l = l, .a = l->arena, .ok = true };
	const char *arguments[MAX_ARGUMENTS];
	CXIndex index = clang_createIndex(0, 0);
	int n = make_arguments(&p, arguments, t, options);

	map_init(&p.names, p.a);
	map_init(&p.system_names, p.a);
	if (clang_parseTranslationUnit2(index, options->top, arguments, n, NULL, 0,
		    CXTranslationUnit_DetailedPreprocessingRecord, &p.tu)) {
		fprintf(stderr, "target %s: libclang cannot parse %s\n", t->name, options->top);
		return false;
	}
	p.ok = print_diagnostics(&p, t);
	if (p.ok) {
		includes_read(&p.includes, p.a, p.tu, options->folder);
		clang_visitChildren(clang_getTranslationUnitCursor(p.tu), visit_top, &p);
		finish(&p, t);
	}
	clang_disposeTranslationUnit(p.tu);
	clang_disposeIndex(index);
	return p.ok;
}
