/* A keyword spotter on a bare Cortex-M4: a clip goes through the model as a microphone would deliver it, 8 ms at a
 * time, and each word is printed when it has been heard. */
#include <stdint.h>

#include "board.h"
#include "model.h"

enum {
	HEADER_BYTES = 44,      /* of a WAV file */
	RATE = 8000,
	CLASSES = 4,
	HOLD = RATE / 2,        /* samples in which no second word is heard */
};

static const char *const labels[CLASSES] = { "other", "yes", "no", "away" };

/* The file as it is: unsigned bytes, one a sample. */
__asm__(".section .rodata\n"
	"clip: .incbin \"clip.wav\"\n"
	"clip_end: .balign 4\n"
	"clip_bytes: .word clip_end - clip\n"
	".previous\n");
extern const uint8_t clip[];
extern const int32_t clip_bytes;

static int greatest(const float *p)
{
	int best = 0;

	for (int i = 1; i < CLASSES; i++)
		if (p[i] > p[best])
			best = i;
	return best;
}

int main(void)
{
	const int32_t n = clip_bytes - HEADER_BYTES;
	float samples[MODEL_STEP_FRAMES], words[CLASSES];
	uint32_t most = 0, all = 0, count, steps = 0;
	int32_t heard = -HOLD;

	model_reset();
	for (int32_t at = 0; at + MODEL_STEP_FRAMES <= n; at += MODEL_STEP_FRAMES) {
		for (int i = 0; i < MODEL_STEP_FRAMES; i++)
			samples[i] = (float)(clip[HEADER_BYTES + at + i] - 128) / 128;
		board_count_begin();
		if (model_step(samples, words))
			return 1;
		count = board_count();
		most = count > most ? count : most;
		all += count;
		if (++steps <= MODEL_OUTPUT_WORDS_LATE || at < heard + HOLD)
			continue;
		if (greatest(words) && words[greatest(words)] > .9f) {
			heard = at;
			board_print("word:    ");
			board_print(labels[greatest(words)]);
			board_print_line(" at ", (at + MODEL_STEP_FRAMES) / (RATE / 1000), " ms");
		}
	}
	board_print_line("state:   ", MODEL_STATE_BYTES, " bytes");
	board_print_line("arena:   ", MODEL_ARENA_BYTES, " bytes");
	board_print_line("step:    ", (int32_t)(steps ? all / steps : 0), " instructions for 8 ms");
	board_print_line("longest: ", (int32_t)most, " instructions");
	return 0;
}
