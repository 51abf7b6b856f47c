/* A model behind HTTP, requests batched: POST /run with the bytes of one image, float32 3x48x48, answers with the bytes
 * of eight probabilities. GET /metrics counts, in the text format of Prometheus. It listens on this machine alone; in
 * front of the world stands a proxy.
 *
 *   server [-p PORT] [-b JOBS IN A BATCH] [-w MICROSECONDS TO WAIT FOR THEM] [-q JOBS THAT MAY WAIT]
 *
 * 413: more bytes than an image; 400: fewer; 503: the queue is full, try again. SIGTERM and SIGINT: no new connections,
 * what was begun is answered, exit. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "model.h"

enum {
	INPUT_BYTES = 3 * 48 * 48 * sizeof(float),
	OUTPUT_BYTES = 8 * sizeof(float),
	MOST_BATCH = 32,        /* as the model was compiled for */
	TIMEOUT_S = 10,         /* of a connection on which nothing happens, and of a stop */
};

enum progress { READING, RUNNING, DONE, FULL };

struct request {
	struct job job;         /* first: a job is its request */
	struct MHD_Connection *connection;
	enum progress progress;
	size_t bytes;           /* that came, also those that are too many */
	float input[INPUT_BYTES / sizeof(float)], output[OUTPUT_BYTES / sizeof(float)];
};

static struct batcher batcher;
static atomic_int open_requests, stopping;

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const void *bytes, size_t n, const char *type)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(n, (void *)bytes, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result queued;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
		MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	if (stopping)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	queued = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result answer_text(struct MHD_Connection *c, unsigned status, const char *text)
{
	return answer(c, status, text, strlen(text), "text/plain");
}

static enum MHD_Result answer_metrics(struct MHD_Connection *c)
{
	char text[4096];
	unsigned long long sum = 0;
	int n;

	n = snprintf(text, sizeof text,
		     "nnc_batches_total %llu\nnnc_jobs_total %llu\nnnc_refused_total %llu\nnnc_waiting %d\n",
		     batcher.batches, batcher.jobs, batcher.refused, batch_waiting(&batcher));
	for (int k = 0; k < LATENCIES; k++) {
		char le[32] = "+Inf";
		if (k < LATENCIES - 1)
			snprintf(le, sizeof le, "%.6f", 64e-6 * (double)(1 << k));
		sum += batcher.latency[k];
		n += snprintf(text + n, sizeof text - (size_t)n, "nnc_latency_seconds_bucket{le=\"%s\"} %llu\n",
			      le, sum);
	}
	snprintf(text + n, sizeof text - (size_t)n, "nnc_latency_seconds_sum %.6f\nnnc_latency_seconds_count %llu\n",
		 1e-6 * (double)batcher.latency_us, sum);
	return answer_text(c, MHD_HTTP_OK, text);
}

/* By the batcher's thread. */
static void resume(struct job *job)
{
	struct request *r = (struct request *)job;

	r->progress = DONE;
	MHD_resume_connection(r->connection);
}

/* All of the request is there. The connection sleeps until its job is done; it does so before the job is given away, as
 * no one can wake it earlier. */
static enum MHD_Result begin(struct request *r)
{
	if (r->bytes > INPUT_BYTES)
		return answer_text(r->connection, MHD_HTTP_CONTENT_TOO_LARGE, "more bytes than an image\n");
	if (r->bytes < INPUT_BYTES)
		return answer_text(r->connection, MHD_HTTP_BAD_REQUEST, "fewer bytes than an image\n");
	r->progress = RUNNING;
	r->job.input = r->input;
	r->job.output = r->output;
	r->job.done = resume;
	MHD_suspend_connection(r->connection);
	if (!batch_submit(&batcher, &r->job)) {
		r->progress = FULL;
		MHD_resume_connection(r->connection);
	}
	return MHD_YES;
}

static void keep(struct request *r, const char *data, size_t n)
{
	const size_t room = r->bytes < INPUT_BYTES ? INPUT_BYTES - r->bytes : 0;

	memcpy((char *)r->input + (INPUT_BYTES - room), data, n < room ? n : room);
	r->bytes += n;
}

/* A request has begun: its head alone is there. */
static enum MHD_Result open_request(struct MHD_Connection *c, const char *url, const char *method, void **of)
{
	const char *length = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	struct request *r;

	if (!strcmp(url, "/metrics") && !strcmp(method, "GET"))
		return answer_metrics(c);
	if (strcmp(url, "/run") != 0)
		return answer_text(c, MHD_HTTP_NOT_FOUND, "POST /run or GET /metrics\n");
	if (strcmp(method, "POST") != 0)
		return answer_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "POST it\n");
	if (length && strtoull(length, NULL, 10) > INPUT_BYTES)
		return answer_text(c, MHD_HTTP_CONTENT_TOO_LARGE, "more bytes than an image\n");
	r = calloc(1, sizeof *r);
	if (!r)
		return MHD_NO;
	r->connection = c;
	*of = r;
	open_requests++;
	return MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
			      const char *version, const char *data, size_t *n, void **of)
{
	struct request *r = *of;

	(void)cls;
	(void)version;
	if (!r)
		return open_request(c, url, method, of);
	if (*n) {
		keep(r, data, *n);
		*n = 0;
		return MHD_YES;
	}
	switch (r->progress) {
	case READING: return begin(r);
	case FULL: return answer_text(c, MHD_HTTP_SERVICE_UNAVAILABLE, "the queue is full\n");
	case DONE: break;
	default: return MHD_YES;
	}
	if (r->job.status)
		return answer_text(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "the model failed\n");
	return answer(c, MHD_HTTP_OK, r->output, OUTPUT_BYTES, "application/octet-stream");
}

static void completed(void *cls, struct MHD_Connection *c, void **of, enum MHD_RequestTerminationCode code)
{
	(void)cls;
	(void)c;
	(void)code;
	if (*of)
		open_requests--;
	free(*of);
	*of = NULL;
}

/* What was begun is answered, at most for TIMEOUT_S. */
static void stop(struct MHD_Daemon *daemon)
{
	const MHD_socket listener = MHD_quiesce_daemon(daemon);

	stopping = 1;
	batch_hurry(&batcher);
	for (int i = 0; open_requests && i < TIMEOUT_S * 100; i++)
		usleep(10000);
	batch_stop(&batcher);
	MHD_stop_daemon(daemon);
	batch_free(&batcher);
	if (listener != MHD_INVALID_SOCKET)
		close(listener);
}

static int serve(uint16_t port)
{
	const unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const union MHD_DaemonInfo *bound;
	struct MHD_Daemon *daemon;
	sigset_t signals;
	int which;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL); /* threads inherit it: sigwait() alone takes them */
	signal(SIGPIPE, SIG_IGN);
	daemon = MHD_start_daemon(flags, port, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at,
				  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_NOTIFY_COMPLETED,
				  completed, NULL, MHD_OPTION_END);
	if (!daemon) {
		batch_stop(&batcher);
		batch_free(&batcher);
		fprintf(stderr, "server: cannot listen on port %d\n", port);
		return 1;
	}
	bound = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
	printf("listening on port %d\n", bound ? bound->port : port);
	fflush(stdout);
	sigwait(&signals, &which);
	stop(daemon);
	printf("stopped: %llu answers in %llu batches, %llu refused\n", batcher.jobs, batcher.batches, batcher.refused);
	return 0;
}

int main(int argc, char **argv)
{
	struct batch_config config = { INPUT_BYTES, OUTPUT_BYTES, 16, 1000, 256, model_run };
	int port = 8080, option;

	while ((option = getopt(argc, argv, "p:b:w:q:")) != -1) {
		int *to = option == 'p' ? &port : option == 'b' ? &config.most :
			  option == 'w' ? &config.wait_us : &config.queue;
		if (option == '?')
			return 2;
		*to = (int)strtol(optarg, NULL, 10);
	}
	if (port < 0 || port > 65535 || config.most < 1 || config.most > MOST_BATCH || config.wait_us < 0 ||
	    config.queue < 1) {
		fprintf(stderr, "server: -p from 0 to 65535, -b from 1 to %d, -w from 0, -q from 1\n", MOST_BATCH);
		return 2;
	}
	if (!batch_start(&batcher, &config)) {
		fprintf(stderr, "server: no memory\n");
		return 1;
	}
	return serve((uint16_t)port);
}
