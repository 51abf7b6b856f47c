/* Jobs of several clients, run as one batch: a queue of bounded length and a thread that empties it. */
#ifndef EXAMPLES_SERVER_BATCH_H
#define EXAMPLES_SERVER_BATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

enum { LATENCIES = 20 };        /* parts of the histogram: up to 64 us, 128 us, and on */

struct job {
	const float *input;
	float *output;
	int status;             /* of model_run(): 0 done */
	/* Called by the batcher's thread when the job is done; it does not touch the job afterwards. */
	void (*done)(struct job *job);
	struct timespec came;
	struct job *next;
};

struct batch_config {
	size_t input_bytes, output_bytes;       /* of one job */
	int most;                               /* jobs in a batch */
	int wait_us;                            /* that the first job of a batch waits for others */
	int queue;                              /* jobs that wait; more are refused */
	/** Runs n jobs whose inputs and outputs lie one behind the other; 0: done. */
	int (*run)(int n, const float *inputs, float *outputs);
};

struct batcher {
	struct batch_config is;
	pthread_t thread;
	pthread_mutex_t lock;           /* of what follows */
	pthread_cond_t changed;
	struct job *first, **last;
	int waiting, stopping;
	float *inputs, *outputs;        /* of a batch; the thread's own */
	atomic_ullong batches, jobs, refused, latency[LATENCIES], latency_us;
};

/** Starts the thread. Returns 0 without memory or thread. */
int batch_start(struct batcher *b, const struct batch_config *config);

/** Gives it a job, whose done() is called soon. Returns 0 when it is full or stopped: done() is then not called. */
int batch_submit(struct batcher *b, struct job *job);

/** How many jobs wait. */
int batch_waiting(struct batcher *b);

/** From here on no job waits for others. */
void batch_hurry(struct batcher *b);

/** Runs what waits and ends the thread; jobs that come later are refused. */
void batch_stop(struct batcher *b);

/** After batch_stop(), when no more jobs come. */
void batch_free(struct batcher *b);

#endif
