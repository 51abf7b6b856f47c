/* The int8 digits model on a bare Cortex-M4: answer, memory and instructions of one inference. */
#include <stdint.h>

#include "board.h"
#include "model.h"
#include "picture.h"

static const char *const labels[10] = {
	"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
};

int main(void)
{
	int8_t scores[10];
	uint32_t instructions;
	int best = 0, i, status;

	board_stack_paint();
	board_count_begin();
	status = model_run(picture, scores);
	instructions = board_count();
	if (status)
		return 1;
	for (i = 1; i < 10; i++)
		if (scores[i] > scores[best])
			best = i;
	board_print("answer:  ");
	board_print(labels[best]);
	board_print_line(" (score ", scores[best], " of 127)");
	board_print_line("arena:   ", MODEL_ARENA_BYTES, " bytes");
	board_print("stack:   ");
	board_print_number((int32_t)board_stack_used());
	board_print_line(" bytes used, ", MODEL_STACK_BYTES, " at most by the compiler's report");
	board_print_line("work:    ", (int32_t)instructions, " instructions");
	return 0;
}
