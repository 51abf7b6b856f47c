/* Every limit that a hostile model can run into, in one place. A model beyond
 * one of them is refused with the limit's value in the message. */
#ifndef NNC_LIMITS_H
#define NNC_LIMITS_H

enum {
	MAX_RANK = 8,                 /* axes of a tensor */
	MAX_NESTING = 32,             /* sub-graphs inside sub-graphs */
	MAX_MESSAGE_NESTING = 100,    /* protobuf messages inside messages */
	MAX_MESSAGES = 16 << 20,      /* protobuf messages in a model, and ... */
	MAX_FIELDS = 64 << 20,        /* ... their fields: unpacked, each takes more memory than bytes in the file */
	MAX_FUNCTION_NESTING = 32,    /* calls of local functions inside local functions */
	MAX_INLINED_NODES = 1 << 20,  /* nodes that come from local functions */
	MAX_NAME_BYTES = 4096,        /* one name in the model */
	MAX_COPIED = 1 << 19,         /* nodes, inputs and outputs that come of turns of sub-graphs written out */
	MAX_NODES = 4 << 20,
	MAX_TENSORS = 8 << 20,
	MAX_NODE_ARITY = 1 << 16,     /* inputs or outputs of one node */
	MAX_VALUE_ELEMENTS = 1 << 12, /* integer tensors whose values inference tracks */
	MAX_FOLD_ELEMENTS = 1 << 26,  /* result of one constant-folded node */
	MAX_DFT_POINTS = 1 << 20,     /* of one transform, which has a table of its roots of unity */
	MAX_FOLD_WORK = 1 << 30,      /* evaluations for one constant-folded nest, weighted as in nest_eval_lanes.c */
	MAX_ORDER_WORK = 60 * 1000 * 1000,      /* elementary steps of the search for an order, and some more a step */
	MAX_STREAM_TRIES = 20 * 1000, /* stretches of steps that --optimize=ram looks at, 5,000 or more a second */
	MAX_PLACE_WORK = 60 * 1000 * 1000,      /* elementary steps of the search for offsets, 10^8 or more a second */
	MAX_REPLAY_READS = 1 << 27,   /* pixels seen by the pixels of a result that may take its argument's place */
	MAX_ERRORS = 20,              /* messages printed for one model */
	MAX_NEST_LOADS = 64,          /* loads of one fused loop nest */
	MAX_NUM_TERMS = 64,           /* terms of one sum of a symbolic number */
	MAX_NUM_FACTORS = 16,         /* factors of one of its products */
	MAX_NUM_WEIGHT = 1 << 10,     /* size of a symbolic number written out */
};

/* One dimension, and the elements of one tensor: 2^40 keeps every byte count in int64. */
#define MAX_ELEMENTS ((int64_t)1 << 40)
/* model.onnx and each external data file; protobuf itself stops at 2 GiB. */
#define MAX_FILE_BYTES ((int64_t)1 << 31)

#endif
