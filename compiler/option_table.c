#include "option_table.h"

#include <string.h>

#include "options.h"

/* "|cmake|arduino… DIR" */
static const char world_names[] =
#define WORLD(id, name, arena, targets, help) "|" name
#define WORLD_FILE(id, path, template)
#include "emit/worlds.def"
#undef WORLD
#undef WORLD_FILE
	" DIR";

const struct option option_table[] = {
#define OPTION(flag, field, kind, argument, value, help) \
	{ flag, argument, value, help, KIND_##kind, offsetof(struct options, field), NULL },
#define OPTION_SAME(same, flag, field, kind, argument, value, help) \
	{ flag, argument, value, help, KIND_##kind, offsetof(struct options, field), same },
#define OPTION_GROUP(commands) { .argument = commands },
#include "options.def"
#undef OPTION
#undef OPTION_SAME
#undef OPTION_GROUP
};
const int n_options = sizeof option_table / sizeof *option_table;

bool option_takes_argument(const struct option *p)
{
	return p->kind != KIND_FLAG && p->kind != KIND_COUNT;
}

const char *option_commands(int k)
{
	while (option_table[k].flag)
		k--;
	return option_table[k].argument;
}

bool option_is_of(int k, const char *command)
{
	const char *list = option_commands(k);
	const size_t n = strlen(command);

	for (const char *s = list; (s = strstr(s, command)); s += n)
		if (s > list && s[-1] == ' ' && s[n] == ' ')
			return true;
	return !*list;
}
