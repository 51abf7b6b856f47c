/* What the files of import share: the import as a whole, and the scopes in which names mean tensors. */
#ifndef NNC_SCOPE_H
#define NNC_SCOPE_H

#include "support/ident.h"
#include "import/import.h"
#include "import/onnx.pb-c.h"
#include "support/map.h"

/* A symbolic dimension of the inputs. */
struct dimension {
	const char *name;
	struct num size;        /* n = -1: no option gives it */
};

struct import {
	struct module *m;
	const char *path;
	const Onnx__ModelProto *model;
	bool *fix_used, *parts_used;    /* by option --fix, --parts */
	const struct dim_option *dims;
	bool *dim_used;
	int n_dims;
	const char *streamed;           /* what the model calls what --stream names as INPUT.AXIS; NULL: nothing */
	struct idents idents;           /* C names of dimensions */
	struct dimension *dimension;
	int n_dimensions;
	struct map dimension_names;     /* -> index of dimension */
	struct map missed;              /* names that were looked for and are no tensors: reported once */
	struct map functions;           /* domain, name and overload -> index in the model */
	struct map operators;           /* domain, name and opset -> index of operator */
	const struct op_def **operator;
	int n_operators;
	struct map sources;             /* files of external data that were read */
	int64_t inlined;                /* nodes so far */
};

struct op_def;

/* A call of a local function: the values of its attributes. */
struct call {
	const char *const *name;
	const Onnx__AttributeProto *const *value;
	int n;
};

/* Names of one graph, or of one function's body inside a graph. */
struct scope {
	struct import *im;
	const struct scope *parent;     /* NULL for the model's graph and for functions */
	int graph;                      /* that nodes go to */
	int depth;                      /* of graphs */
	int calls;                      /* of functions */
	bool in_branch;                 /* of an If: it may never be taken */
	Onnx__OperatorSetIdProto *const *opset;
	size_t n_opsets;
	const struct call *call;        /* inside a function */
	struct map *formal;             /* inside a function: its outputs, which are the call's -> 1 once made */
	struct map absent;              /* inside a function: inputs that the call leaves out */
	struct map names;               /* -> tensor */
	struct map refused;             /* initializers of types that cannot be used -> their type */
};

/* --- scope.c ------------------------------------------------------------------------------------------------------ */

void scope_init(struct scope *s, struct import *im, const struct scope *parent, int graph);
/** Defines a name; false (reported): it is defined here already. what: "input", "output of node …". */
bool scope_define(struct scope *s, const char *name, int tensor, const char *what);
/** The tensor of a name, here or further out; NO_TENSOR: an input that a function's call leaves out; NOT_DEFINED
 *  (reported, at the given place). */
enum { NO_TENSOR = -1, NOT_DEFINED = -2 };
int scope_find(const struct scope *s, const char *name, const struct place *at);
/** Version of a domain's operators in this scope, 0: not imported. The domain "ai.onnx" is "" everywhere. */
int scope_opset(const struct scope *s, const char *domain);
const char *domain_name(const char *domain);
enum { OLDEST_OPSET = 1, MAX_OPSET = 28 };      /* of ai.onnx */
/** Versions of domains, of the model or a function. */
bool opsets_check(struct import *im, Onnx__OperatorSetIdProto *const *opset, size_t n);
/** The attribute itself, or what the call of the function gives for it; NULL: the call gives nothing. */
const Onnx__AttributeProto *scope_attribute(const struct scope *s, const Onnx__AttributeProto *a);

/* --- onnx_import.c ------------------------------------------------------------------------------------------------ */

/** The messages of the model at `path`: large fields in m->arena, the rest in m->scratch. NULL: reported. */
const Onnx__ModelProto *read_model(struct module *m, const char *path);

/* --- import_types.c ----------------------------------------------------------------------------------------------- */

/** Type and shape of a graph input of the model. */
bool types_input(struct import *im, const Onnx__ValueInfoProto *v, int tensor);
/** False (reported): the dimension is below -1, which stands for "not known". name: of the tensor. */
bool types_check_dim(struct diag *d, const Onnx__TensorShapeProto__Dimension *dim, const char *name, int axis);
/** The same of one that holds strings, as their bytes. */
bool types_text(struct import *im, const Onnx__ValueInfoProto *v, const Onnx__TypeProto__Tensor *t, int tensor);
/** What the model says of any other tensor; unknown dimensions become -1. */
bool types_info(struct import *im, const Onnx__ValueInfoProto *v, int tensor);
/** The tensor that stands for the elements of an integer input: where options bound them, one that is checked. */
bool types_elements(struct import *im, int graph, int tensor, int *as);
/** Reports dimensions without option and options without dimension. */
bool types_check_dims(struct import *im);

/* import_fixed.c: an input that --fix makes a constant gets its elements (*fixed); whether all that --fix names are
 * there. False: reported. */
bool input_fix(struct import *im, int tensor, bool *fixed);
bool fixes_check(struct import *im);

/* import_bundle.c: an input that is a sequence or optional becomes those that it consists of, and a node that puts them
 * together; whether all that --parts names are there. False: reported. */
bool bundle_is_input(const Onnx__ValueInfoProto *v);
bool bundle_input(struct scope *s, const Onnx__ValueInfoProto *v);
bool parts_check(struct import *im);

/* --- import_tensor.c ---------------------------------------------------------------------------------------------- */

/* Fields of at least this size are unpacked straight into the module's arena, where constants stay. */
enum { LARGE_FIELD_BYTES = 1 << 14 };

/** Makes `tensor` the constant that *p says. what: its name in messages. */
bool tensor_import(struct import *im, const Onnx__TensorProto *p, int tensor, const char *what);
/** The same for a Constant node's attribute. */
bool constant_import(struct scope *s, const Onnx__NodeProto *p, const struct place *at, int tensor);

/* --- attr_kind.c -------------------------------------------------------------------------------------------------- */

/** The attribute is of this kind and holds nothing else; reported when not. */
bool attr_check_kind(struct import *im, const struct place *at, const Onnx__AttributeProto *a, enum attr_kind kind);

/* --- attr.c ------------------------------------------------------------------------------------------------------- */

/** Decodes a node's attributes against its operator's table. */
bool attr_import(struct scope *s, const Onnx__NodeProto *p, int node);

/* --- import_node.c ------------------------------------------------------------------------------------------------ */

/** The nodes of a graph or function body: outputs defined first, so that order does not matter. */
bool nodes_import(struct scope *s, Onnx__NodeProto *const *p, size_t n);

/* --- import_function.c -------------------------------------------------------------------------------------------- */

/** Finds the local function a node calls, NULL: it is an operator. */
const Onnx__FunctionProto *function_find(struct import *im, const Onnx__NodeProto *p);
/** Enters all functions into the map; false (reported): two of the same name. */
bool functions_index(struct import *im);
/** Puts the body of the function in place of the call, between the tensors given. */
bool function_inline(struct scope *s, const Onnx__FunctionProto *f, const Onnx__NodeProto *p, const int *in, int n_in,
		     const int *out, int n_out);

/* --- import_graph.c ----------------------------------------------------------------------------------------------- */

/** A sub-graph whose names are looked up in `outer` (NULL: the model's graph, inputs typed by the options); its index,
 *  or -1: reported. is_branch: it may never be taken. */
int graph_import(struct import *im, const struct scope *outer, const Onnx__GraphProto *p, bool is_branch);

#endif
