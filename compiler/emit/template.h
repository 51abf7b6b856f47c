/* Fixed text with holes: the files of templates/, embedded at build time. */
#ifndef NNC_TEMPLATE_H
#define NNC_TEMPLATE_H

struct emit;
struct emit_model;

extern const char template_model_c[], template_model_h[], template_harness_c[], template_count_plugin[],
	template_report_html[];

/* @name@ in a template. A hole with a function stands on a line of its own. */
struct hole {
	const char *name;
	const char *text;
	void (*print)(struct emit *e, const struct emit_model *m);
};

/** Prints the template; holes end at an entry without a name. Dies for a hole that the list does not have. */
void template_print(struct emit *e, const char *text, const struct hole *holes, const struct emit_model *m);

#endif
