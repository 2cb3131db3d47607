// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The other end of the control socket: xdf-backend --send.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"

/* the backend may be about to start: try for a while */
static int dial(const char *path, unsigned int connect_ms)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	uint64_t end = clock_ns() + connect_ms * NSEC_PER_MSEC;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(addr.sun_path, path);
	for (;;) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

		if (fd < 0)
			return -1;
		if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
			return fd;
		err = errno;
		close(fd);
		errno = err;
		if ((err != ENOENT && err != ECONNREFUSED) || clock_ns() >= end)
			return -1;
		nanosleep(&pause, NULL);
	}
}

/**
 * client_main() - send one command, print the answer
 * @path: the backend's control socket
 * @command: a line without its end
 * @connect_ms: how long to wait for the socket to appear
 *
 * Return: exit status: 0 if the answer ends with {"ok":true}.
 */
int client_main(const char *path, const char *command, unsigned int connect_ms)
{
	static const char good[] = "{\"ok\":true}", bad[] = "{\"ok\":false";
	char *line = NULL;
	size_t room = 0;
	int status = -1;
	int fd = dial(path, connect_ms);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r+");

	if (!stream) {
		fprintf(stderr, "xdf-backend: %s: %s\n", path, strerror(errno));
		return EXIT_BROKEN;
	}
	fprintf(stream, "%s\n", command);
	fflush(stream);
	while (status < 0 && getline(&line, &room, stream) > 0) {
		fputs(line, stdout);
		if (!strncmp(line, good, sizeof(good) - 1))
			status = EXIT_OK;
		else if (!strncmp(line, bad, sizeof(bad) - 1))
			status = EXIT_BROKEN;
	}
	free(line);
	fclose(stream);
	if (status < 0) {
		fprintf(stderr, "xdf-backend: %s: the backend ended without an answer\n", path);
		status = EXIT_BROKEN;
	}
	return status;
}
