/* What lines of a disassembly do to the stack, read by compiler/host/thumb.c. */
#include <criterion/criterion.h>

#include "host/thumb.h"

static const struct {
	const char *mnemonic, *operands;
	int64_t takes;
	enum flow flow;
	uint64_t target;
} rows[] = {
	{ "push", "{r4, r5, r6, r7, lr}", 20, FLOW_ON, 0 },
	{ "stmdb", "sp!, {r4, r5, r6, r7, r8, r9, sl, fp, lr}", 36, FLOW_ON, 0 },
	{ "stmdb", "r0!, {r4, r5}", 0, FLOW_ON, 0 },
	{ "vpush", "{d8-d15}", 64, FLOW_ON, 0 },
	{ "vpush", "{d8}", 8, FLOW_ON, 0 },
	{ "vpush", "{s16-s18}", 12, FLOW_ON, 0 },
	{ "vpop", "{d8-d9}", -16, FLOW_ON, 0 },
	{ "sub", "sp, #20", 20, FLOW_ON, 0 },
	{ "sub.w", "sp, sp, #1024\t@ 0x400", 1024, FLOW_ON, 0 },
	{ "subw", "sp, sp, #1028", 1028, FLOW_ON, 0 },
	{ "add", "sp, #508\t@ 0x1fc", -508, FLOW_ON, 0 },
	{ "add", "r0, sp, #8", 0, FLOW_ON, 0 },
	{ "sub.w", "ip, sp, #8", 0, FLOW_ON, 0 },
	{ "strd", "ip, lr, [sp, #-16]!", 16, FLOW_ON, 0 },
	{ "str.w", "lr, [sp, #-4]!", 4, FLOW_ON, 0 },
	{ "str", "r0, [sp, #4]", 0, FLOW_ON, 0 },
	{ "ldr.w", "r4, [sp], #24", -24, FLOW_ON, 0 },
	{ "mov", "r1, sp", 0, FLOW_ON, 0 },
	{ "mov", "sp, r7", 0, FLOW_ON, 0 },
	{ "pop", "{r4, pc}", -8, FLOW_END, 0 },
	{ "popne", "{r4, pc}", 0, FLOW_ON, 0 },
	{ "pop", "{r4}", -4, FLOW_ON, 0 },
	{ "ldmia.w", "sp!, {r4, r5, pc}", -12, FLOW_END, 0 },
	{ "ldmia", "r2!, {r3, r4}", 0, FLOW_ON, 0 },
	{ "ldr.w", "pc, [sp], #4", -4, FLOW_END, 0 },
	{ "bx", "lr", 0, FLOW_END, 0 },
	{ "bxeq", "lr", 0, FLOW_ON, 0 },
	{ "bx", "r3", 0, FLOW_POINTER_JUMP, 0 },
	{ "bxne", "r3", 0, FLOW_POINTER_CALL, 0 },
	{ "blx", "r3", 0, FLOW_POINTER_CALL, 0 },
	{ "bl", "1650 <__aeabi_fadd>", 0, FLOW_CALL, 0x1650 },
	{ "blne", "1650 <__aeabi_fadd>", 0, FLOW_CALL, 0x1650 },
	{ "b.n", "120c <f+0x20c>", 0, FLOW_JUMP, 0x120c },
	{ "ble.n", "120c <f+0x20c>", 0, FLOW_BRANCH, 0x120c },
	{ "bls.w", "120c <f+0x20c>", 0, FLOW_BRANCH, 0x120c },
	{ "cbz", "r3, 120c <f+0x20c>", 0, FLOW_BRANCH, 0x120c },
	{ "bic.w", "r3, r3, #7", 0, FLOW_ON, 0 },
	{ "tbb", "[pc, r3]", 0, FLOW_TABLE, 0 },
	{ "mov", "pc, lr", 0, FLOW_END, 0 },
	{ "mov", "pc, r3", 0, FLOW_TABLE, 0 },
	{ "add", "pc, r3", 0, FLOW_TABLE, 0 },
	{ "udf", "#0", 0, FLOW_END, 0 },
	{ ".word", "0xfffffd00", -768, FLOW_DATA, 0 },
};

Test(thumb, reads_what_moves_the_stack_and_where_code_goes)
{
	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
		uint64_t literal[16] = { 0 };
		struct instruction i;

		thumb_read(&i, literal, rows[k].mnemonic, rows[k].operands);
		cr_expect(i.takes == rows[k].takes && i.flow == rows[k].flow && i.target == rows[k].target &&
			  !i.is_unbounded && !i.by_literal, "%s %s: takes %lld, flow %d, target %llx", rows[k].mnemonic,
			  rows[k].operands, (long long)i.takes, (int)i.flow, (unsigned long long)i.target);
	}
}

/* A large frame of Armv6-M comes from a literal; what comes from elsewhere has no bound. */
Test(thumb, takes_frames_from_literals)
{
	uint64_t literal[16] = { 0 };
	struct instruction i;

	thumb_read(&i, literal, "ldr", "r4, [pc, #244]\t@ (1100 <f+0x100>)");
	thumb_read(&i, literal, "add", "sp, r4");
	cr_expect(i.by_literal && i.target == 0x1100 && !i.is_unbounded);
	thumb_read(&i, literal, "adds", "r4, #1");
	thumb_read(&i, literal, "add", "sp, r4");
	cr_expect(i.is_unbounded);
	thumb_read(&i, literal, "sub.w", "sp, sp, r3");
	cr_expect(i.is_unbounded);
}
