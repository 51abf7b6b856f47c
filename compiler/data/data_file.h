/* Files that hold tensors, whatever their form: .npy, .npz, ONNX .pb, pictures, raw bytes. */
#ifndef NNC_DATA_FILE_H
#define NNC_DATA_FILE_H

#include "data/value.h"
#include "import/signature.h"

enum pixels { PIXELS_UNIT, PIXELS_RAW, PIXELS_CENTRED, PIXELS_IMAGENET };

/* How files become inputs. */
struct data_rules {
	enum pixels pixels;     /* what a float input gets for the byte v: v/255, v, v/127.5 - 1,
				 * (v/255 - mean)/deviation */
	bool rounds;            /* other types are rounded to the input's */
};

/** The tensors of a file by themselves: one, or all of an .npz. Pictures and raw bytes are refused. False: reported. */
bool data_file_read(struct value **values, int *n, struct arena *a, struct diag *d, const char *path);

/** True for a file that says nothing of type and shape: a picture or raw bytes (.bin, .raw). */
bool data_file_needs_input(const char *path);

/** The tensor of such a file as input `in` wants it; symbolic dimensions of `in` take what the file has, where that
 *  is clear. False: reported. */
bool data_file_read_for(struct value *v, const struct signature_input *in, const struct data_rules *rules,
			struct arena *a, struct diag *d, const char *path);

/** picture.c: a picture as a tensor; channels (1 or 3) first or last is found from the input's shape. */
bool picture_read(struct value *v, const struct signature_input *in, enum pixels pixels, struct arena *a,
		  struct diag *d, const char *path, const unsigned char *bytes, size_t size);

#endif
