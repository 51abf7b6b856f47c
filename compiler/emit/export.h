/* A model as a folder that builds in a world of its own (--export): the files beside src/. */
#ifndef NNC_EXPORT_H
#define NNC_EXPORT_H

#include "emit/emit_header.h"

struct diag;
struct options;

/** Whether the world that o->export names builds for the target, and can have what else the options ask for. False:
 *  reported. */
bool export_check(const struct options *o, const struct target *target, struct diag *d);

/** Whether the world makes objects of models, with memory of their own: the C is then that of --arena=caller. */
bool export_has_objects(const struct options *o);

/** Whether the world can have the model, once it is compiled. False: reported. */
bool export_check_model(const struct options *o, const struct emit_model *m, struct diag *d);

/** Path of the C file in the folder: what o->output is then. The name is --name, or the model's file. From arena a. */
const char *export_output(const struct options *o, struct arena *a);

/** Path of file k (0, 1 …) beside src/; NULL beyond the last. */
const char *export_path(const struct options *o, const char *prefix, int k, struct arena *a);

/** Its text. */
void export_print(struct emit *e, struct arena *a, const struct options *o, const struct emit_model *m, int k);

/** Makes the folders that path lies in; false: reported. */
bool export_folders(const char *path, struct arena *a, struct diag *d);

#endif
