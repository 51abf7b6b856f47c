/* Where text goes as it is made: what is printed at once is not lost when a later stage aborts. */
#ifndef NNC_SINK_H
#define NNC_SINK_H

struct sink {
	void (*write)(void *to, const char *text);      /* NULL: nobody reads it */
	void *to;
};

static inline void sink_puts(const struct sink *s, const char *text)
{
	if (s->write)
		s->write(s->to, text);
}

#endif
