/* Start of a Cortex-M4F program: vectors, memory, floating point, semihosted output. References: ARMv7-M Architecture
 * Reference Manual B1.5 (vectors), B3.2.20 (CPACR), B3.3 (SysTick); Arm semihosting specification, section 6. */
#include "board.h"

#include <stddef.h>
#include <stdint.h>

extern uint32_t stack_low[], stack_top[], data_load[], data_begin[], data_end[], bss_begin[], bss_end[];
int main(void);
void board_reset(void);

enum { PAINT = 0x5aa5c33c, INSTRUCTIONS_A_TICK = 40, TICKS = 0xffffff };
enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, STOPPED_APPLICATION_EXIT = 0x20026 };

static volatile uint32_t *const cpacr = (volatile uint32_t *)0xe000ed88;
static volatile uint32_t *const systick = (volatile uint32_t *)0xe000e010; /* control, reload, value */

static uint32_t *painted_from;

static void semihost(int operation, const void *argument)
{
	register int r0 __asm__("r0") = operation;
	register const void *r1 __asm__("r1") = argument;

	__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void board_print(const char *text)
{
	semihost(SYS_WRITE0, text);
}

void board_print_number(int32_t n)
{
	char text[12];
	char *p = text + sizeof text - 1;
	uint32_t rest = n < 0 ? 0u - (uint32_t)n : (uint32_t)n;

	*p = '\0';
	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (n < 0)
		*--p = '-';
	board_print(p);
}

void board_print_line(const char *what, int32_t n, const char *unit)
{
	board_print(what);
	board_print_number(n);
	board_print(unit);
	board_print("\n");
}

_Noreturn void board_exit(int status)
{
	const uint32_t block[2] = { STOPPED_APPLICATION_EXIT, (uint32_t)status };

	for (;;)
		semihost(SYS_EXIT_EXTENDED, block);
}

__attribute__((noinline)) void board_stack_paint(void)
{
	volatile uint32_t *p;

	painted_from = __builtin_frame_address(0);
	for (p = stack_low; p < painted_from - 16; p++)
		*p = PAINT;
}

uint32_t board_stack_used(void)
{
	const uint32_t *p = stack_low;

	while (p < painted_from && *p == PAINT)
		p++;
	return (uint32_t)(painted_from - p) * (uint32_t)sizeof *p;
}

void board_count_begin(void)
{
	systick[1] = TICKS;
	systick[2] = 0;
	systick[0] = 5; /* processor clock, no interrupt */
}

uint32_t board_count(void)
{
	return (TICKS - systick[2]) * INSTRUCTIONS_A_TICK;
}

static void fault(void)
{
	board_print("fault: the stack or an address ran out of its memory\n");
	board_exit(125);
}

void board_reset(void)
{
	const uint32_t *from = data_load;
	uint32_t *p;

	for (p = data_begin; p < data_end; p++)
		*p = *from++;
	for (p = bss_begin; p < bss_end; p++)
		*p = 0;
	*cpacr |= 0xfu << 20; /* full access to the FPU */
	__asm__ volatile("dsb\n\tisb");
	board_exit(main());
}

/* The first entry is the stack, the others are functions: reset, then NMI to SysTick. */
__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
	(void (*)(void))stack_top, board_reset, fault, fault, fault, fault, fault, NULL,
	NULL, NULL, NULL, fault, fault, NULL, fault, fault,
};
