/* What a line of a disassembly does to the stack of an Armv6-M, v7-M or v8-M core. */
#ifndef NNC_THUMB_H
#define NNC_THUMB_H

#include <stdbool.h>
#include <stdint.h>

enum flow {
	FLOW_ON,                /* to the next line */
	FLOW_BRANCH,            /* to the next line, or to the target */
	FLOW_JUMP,              /* to the target */
	FLOW_CALL,              /* to the target, and back to the next line */
	FLOW_POINTER_CALL,      /* to where a register says, and back */
	FLOW_POINTER_JUMP,      /* to another function, where a register says */
	FLOW_TABLE,             /* to somewhere in this function */
	FLOW_END,               /* back, or nowhere */
	FLOW_DATA,              /* no instruction */
};

struct instruction {
	uint64_t address, target;       /* target: of a branch, jump or call; where a literal lies */
	int64_t takes;                  /* bytes of stack, negative: gives back; the value of data */
	enum flow flow;
	bool by_literal;                /* it gives back as many bytes as `target` says */
	bool is_unbounded;              /* takes as many bytes as a register says */
	const char *symbol;             /* by the linker's record, or NULL */
};

/** Reads a mnemonic and its operands as GNU objdump prints them. What is carried out under a condition takes, but gives
 *  nothing back. literal[r]: where what register r was last loaded with lies, 0: it was not. Sets all but the address
 *  and the symbol. */
void thumb_read(struct instruction *i, uint64_t literal[16], const char *mnemonic, const char *operands);

#endif
