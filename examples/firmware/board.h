/* What board.c offers the program: text on the debugger's console, the end, stack and instruction measurements. */
#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

void board_print(const char *text);
void board_print_number(int32_t n);
void board_print_line(const char *what, int32_t n, const char *unit);
_Noreturn void board_exit(int status);

/** Fills the unused stack with a pattern; board_stack_used() is then the deepest use below this call, in bytes. */
void board_stack_paint(void);
uint32_t board_stack_used(void);

/** Instructions executed, from SysTick. Exact to 40 under `qemu-system-arm -icount shift=0`, where an instruction takes
 *  1 ns and the clock has 25 MHz; on silicon these would be cycles. Wraps after 671 million. */
void board_count_begin(void);
uint32_t board_count(void);

#endif
