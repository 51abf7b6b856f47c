#include "host/thumb.h"

#include <stdlib.h>
#include <string.h>

/* mnemonic without .n, .w and types: is it `name`, for *is_conditional with two letters of a condition behind? */
static bool is_called(const char *mnemonic, const char *name, bool *is_conditional)
{
	static const char conditions[][3] = { "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt",
					      "gt", "le" };
	const size_t n = strlen(name), all = strcspn(mnemonic, ".");

	*is_conditional = all == n + 2;
	if (strncmp(mnemonic, name, n) != 0 || (all != n && !*is_conditional))
		return false;
	for (size_t k = 0; *is_conditional && k < sizeof conditions / sizeof *conditions; k++)
		if (!strncmp(mnemonic + n, conditions[k], 2))
			return true;
	return !*is_conditional;
}

/* Is the mnemonic one of these, with blanks between? */
static bool is_one_of(const char *mnemonic, const char *names, bool *is_conditional)
{
	char name[16];

	for (size_t n; *names; names += n + (names[n] == ' ')) {
		n = strcspn(names, " ");
		if (n >= sizeof name)
			return false;
		memcpy(name, names, n);
		name[n] = 0;
		if (is_called(mnemonic, name, is_conditional))
			return true;
	}
	return false;
}

/* Bytes of {r4, r5, lr}, {d8-d9} or {s16-s31}. */
static int64_t list_bytes(const char *operands)
{
	const char *at = strchr(operands, '{');
	int64_t bytes = 0;

	for (at = at ? at + 1 : ""; *at && *at != '}'; at += strspn(at, ", ")) {
		const bool is_double = *at == 'd';
		const size_t n = strcspn(at, ",}");
		const char *dash = memchr(at, '-', n);
		const long from = strtol(at + 1, NULL, 10), to = dash ? strtol(dash + 2, NULL, 10) : from;
		bytes += (to - from + 1) * (is_double ? 8 : 4);
		at += n;
	}
	return bytes;
}

/* The number behind the last # of the operands, 0 without. */
static int64_t immediate(const char *operands)
{
	const char *hash = strrchr(operands, '#');

	return hash ? strtoll(hash + 1, NULL, 0) : 0;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* 0 to 15, or -1. */
static int register_number(const char *text)
{
	static const char *const names[16] = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "sl", "fp",
					       "ip", "sp", "lr", "pc" };

	for (int r = 0; r < 16; r++)
		if (begins(text, names[r]) && (text[2] < '0' || text[2] > '9'))
			return r;
	return -1;
}

/* add, sub and mov with sp as their result. */
static void read_sum(struct instruction *i, const uint64_t literal[16], const char *mnemonic, const char *operands,
		     bool adds)
{
	const char *last = strrchr(operands, ','), *hash = strchr(operands, '#');
	const int by = last ? register_number(last + 1 + strspn(last + 1, " ")) : -1;

	if (hash) {
		i->takes = (adds ? -1 : 1) * immediate(operands);
	} else if (adds && *mnemonic == 'a' && by >= 0 && literal[by]) {
		i->by_literal = true;
		i->target = literal[by];
	} else {
		/* mov sp, r7 ends a frame of unoptimised code: what it gives back is not known, and not needed. */
		i->is_unbounded = !begins(mnemonic, "mov") || (by != 7 && by != 11);
	}
}

/* Instructions that move the stack pointer. */
static void read_stack(struct instruction *i, const uint64_t literal[16], const char *mnemonic, const char *operands)
{
	const char *from = strstr(operands, "[sp], #"), *to = strstr(operands, "[sp, #-");
	const bool on_list = begins(operands, "sp!");
	bool cond = false;

	if (is_one_of(mnemonic, "push vpush", &cond) || (on_list && is_one_of(mnemonic, "stmdb vstmdb", &cond)))
		i->takes = list_bytes(operands);
	else if (is_one_of(mnemonic, "pop vpop", &cond) || (on_list && is_one_of(mnemonic, "ldmia ldm vldmia", &cond)))
		i->takes = -list_bytes(operands);
	else if ((to && strstr(to, "]!")) || (from && *mnemonic != 's'))
		i->takes = -immediate(operands);
	else if (begins(operands, "sp,") && is_one_of(mnemonic, "sub subs subw", &cond))
		read_sum(i, literal, mnemonic, operands, false);
	else if (begins(operands, "sp,") && is_one_of(mnemonic, "add adds addw mov", &cond))
		read_sum(i, literal, mnemonic, operands, true);
	if (cond && i->takes < 0)
		i->takes = 0;
}

/* Whether the instruction loads or moves to pc: {r4, pc}, "pc, [sp], #4", "pc, lr". */
static enum flow flow_to_pc(const char *operands)
{
	const char *list = strchr(operands, '{');

	if (list)
		return strstr(list, "pc}") ? FLOW_END : FLOW_ON;
	if (!begins(operands, "pc,"))
		return FLOW_ON;
	return begins(operands, "pc, [sp]") || begins(operands, "pc, lr") ? FLOW_END : FLOW_TABLE;
}

static enum flow read_flow(const char *mnemonic, const char *operands, bool *cond)
{
	*cond = false;
	if (*mnemonic == '.')
		return FLOW_DATA;
	if (is_called(mnemonic, "b", cond))
		return *cond ? FLOW_BRANCH : FLOW_JUMP;
	if (is_one_of(mnemonic, "cbz cbnz", cond))
		return FLOW_BRANCH;
	if (is_called(mnemonic, "bl", cond))
		return FLOW_CALL;
	if (is_called(mnemonic, "blx", cond))
		return FLOW_POINTER_CALL;
	if (is_called(mnemonic, "bx", cond))
		return begins(operands, "lr") ? FLOW_END : FLOW_POINTER_JUMP;
	if (is_one_of(mnemonic, "tbb tbh", cond))
		return FLOW_TABLE;
	if (is_one_of(mnemonic, "udf bkpt", cond))
		return FLOW_END;
	if (is_one_of(mnemonic, "pop ldmia ldm ldr mov add", cond))
		return flow_to_pc(operands);
	return FLOW_ON;
}

void thumb_read(struct instruction *i, uint64_t literal[16], const char *mnemonic, const char *operands)
{
	const char *last = strrchr(operands, ','), *at = strstr(operands, "@ (");
	const int into = register_number(operands);
	bool cond;

	*i = (struct instruction){ .flow = read_flow(mnemonic, operands, &cond) };
	if (i->flow == FLOW_DATA) {
		i->takes = (int32_t)(uint32_t)strtoul(operands, NULL, 0);
		return;
	}
	if (i->flow == FLOW_BRANCH || i->flow == FLOW_JUMP || i->flow == FLOW_CALL)
		i->target = strtoull(last ? last + 1 : operands, NULL, 16);
	if (cond && i->flow == FLOW_END)
		i->flow = FLOW_ON;
	if (cond && i->flow == FLOW_POINTER_JUMP)
		i->flow = FLOW_POINTER_CALL;
	read_stack(i, literal, mnemonic, operands);
	if (into >= 0)
		literal[into] = begins(mnemonic, "ldr") && at ? strtoull(at + 3, NULL, 16) : 0;
}
