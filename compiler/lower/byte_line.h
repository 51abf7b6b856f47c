/* Functions of one byte by a single multiply-add, proved by trying every byte. */
#ifndef NNC_BYTE_LINE_H
#define NNC_BYTE_LINE_H

#include <stdbool.h>

/* rint(min(max(fma(x, factor, offset), low), high)), fma rounded once, of the byte x itself. */
struct byte_line {
	float factor, offset;
};

/** Finds constants that give want[i], each from low to high, for every x = first + i, 0 <= i < 256. slope: about what a
 *  step of x is worth, of either sign. False: none are near. */
bool byte_line_find(const short want[256], int first, double slope, int low, int high, struct byte_line *line);

#endif
