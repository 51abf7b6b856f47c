#include "batch.h"

#include <stdlib.h>
#include <string.h>

/* Of a job that is done: how long it took, all in all. */
static void count_latency(struct batcher *b, const struct job *job)
{
	struct timespec now;
	int64_t us;
	int k = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	us = (int64_t)(now.tv_sec - job->came.tv_sec) * 1000000 + (now.tv_nsec - job->came.tv_nsec) / 1000;
	while (k < LATENCIES - 1 && us > (int64_t)64 << k)
		k++;
	b->latency[k]++;
	b->latency_us += (unsigned long long)us;
}

/* Until when the first job waits for others. */
static struct timespec deadline_of(const struct batcher *b)
{
	struct timespec t = b->first->came;
	const long ns = t.tv_nsec + b->is.wait_us % 1000000 * 1000L;

	t.tv_sec += b->is.wait_us / 1000000 + ns / 1000000000;
	t.tv_nsec = ns % 1000000000;
	return t;
}

/* Waits for a batch that is full or old enough and takes it off the queue. Returns how many jobs it has, 0 when there
 * will be no more. Requires the lock. */
static int take_batch(struct batcher *b, struct job **jobs)
{
	int n = 0;

	while (!b->first && !b->stopping)
		pthread_cond_wait(&b->changed, &b->lock);
	while (b->waiting < b->is.most && !b->stopping) {
		const struct timespec until = deadline_of(b);
		if (pthread_cond_timedwait(&b->changed, &b->lock, &until))
			break;
	}
	for (; n < b->is.most && b->first; n++) {
		jobs[n] = b->first;
		b->first = b->first->next;
		b->waiting--;
	}
	if (!b->first)
		b->last = &b->first;
	return n;
}

static void run_batch(struct batcher *b, struct job **jobs, int n)
{
	int status;

	for (int i = 0; i < n; i++)
		memcpy((char *)b->inputs + (size_t)i * b->is.input_bytes, jobs[i]->input, b->is.input_bytes);
	status = b->is.run(n, b->inputs, b->outputs);
	b->batches++;
	b->jobs += (unsigned)n;
	for (int i = 0; i < n; i++) {
		jobs[i]->status = status;
		memcpy(jobs[i]->output, (char *)b->outputs + (size_t)i * b->is.output_bytes, b->is.output_bytes);
		count_latency(b, jobs[i]);
		jobs[i]->done(jobs[i]);
	}
}

static void *run_batches(void *of)
{
	struct batcher *b = of;
	struct job **jobs = calloc((size_t)b->is.most, sizeof *jobs);

	for (int n = 1; n && jobs;) {
		pthread_mutex_lock(&b->lock);
		n = take_batch(b, jobs);
		pthread_mutex_unlock(&b->lock);
		if (n)
			run_batch(b, jobs, n);
	}
	if (!jobs)
		abort(); /* at the start, before any job */
	free(jobs);
	return NULL;
}

int batch_start(struct batcher *b, const struct batch_config *config)
{
	pthread_condattr_t monotonic;

	memset(b, 0, sizeof *b);
	b->is = *config;
	b->last = &b->first;
	b->inputs = malloc((size_t)config->most * config->input_bytes);
	b->outputs = malloc((size_t)config->most * config->output_bytes);
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&b->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (b->inputs && b->outputs && !pthread_create(&b->thread, NULL, run_batches, b))
		return 1;
	free(b->inputs);
	free(b->outputs);
	return 0;
}

int batch_submit(struct batcher *b, struct job *job)
{
	int taken;

	clock_gettime(CLOCK_MONOTONIC, &job->came);
	job->next = NULL;
	pthread_mutex_lock(&b->lock);
	taken = b->waiting < b->is.queue && !b->stopping;
	if (taken) {
		*b->last = job;
		b->last = &job->next;
		b->waiting++;
		pthread_cond_signal(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	b->refused += !taken;
	return taken;
}

int batch_waiting(struct batcher *b)
{
	int n;

	pthread_mutex_lock(&b->lock);
	n = b->waiting;
	pthread_mutex_unlock(&b->lock);
	return n;
}

void batch_hurry(struct batcher *b)
{
	pthread_mutex_lock(&b->lock);
	b->is.wait_us = 0;
	pthread_cond_signal(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

void batch_stop(struct batcher *b)
{
	pthread_mutex_lock(&b->lock);
	b->stopping = 1;
	pthread_cond_signal(&b->changed);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
}

void batch_free(struct batcher *b)
{
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
	free(b->inputs);
	free(b->outputs);
}
