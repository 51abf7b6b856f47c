/* nnc targets, nnc ops: what is supported, printed from the tables. */
#include <stdio.h>

#include "commands/commands.h"
#include "ops/ops.h"
#include "targets/target.h"

enum status command_targets(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	(void)o, (void)a, (void)scratch, (void)d;
	for (size_t i = 0; i < n_targets; i++)
		printf("%-14s %s%s%s\n", targets[i]->name, targets[i]->description, *targets[i]->cflags ? "; cc " : "",
		       targets[i]->cflags);
	printf("%-14s %s\n", "host", target_host()->name);
	return STATUS_OK;
}

enum status command_ops(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	(void)o, (void)a, (void)scratch, (void)d;
	for (int i = 0; op_table[i]; i++)
		printf("%s%s%s-%d\n", op_table[i]->domain, *op_table[i]->domain ? ":" : "", op_table[i]->name,
		       op_table[i]->since);
	return STATUS_OK;
}
