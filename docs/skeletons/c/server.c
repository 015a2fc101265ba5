/* A server of ../../PROTOCOL.md for POSIX systems, to be finished:
 *     cc -std=c11 -Wall -Wextra -pedantic -pthread -o server server.c && ./server DIR PORT
 * It runs as it is: it greets each client, and it refuses each command. Do the TODOs in their order. A TODO names the
 * checks that pass after it. You change a few functions each time. ../README.md tells how to run the checks. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct session { /* of one client */
    int client;  /* its socket */
    char received[4096], line[4097];
    size_t next, end, length; /* nobody has looked at received[next] to received[end - 1] yet; the line has a length */
};

/* The functions that send return 1 if all has left, and 0 if the client has vanished. */
static int send_all(int client, const char *bytes, size_t left) { /* TODO 2: one send() may take less than all */
    return send(client, bytes, left, 0) >= 0;
}

static int send_ok(int client, const char *text) {
    return dprintf(client, "OK %zu\n", strlen(text)) > 0 && send_all(client, text, strlen(text));
}

static int send_err(int client, const char *code, const char *message) {
    return dprintf(client, "ERR %s %s\n", code, message) > 0;
}

/* Answers one command. Returns 1 if the session goes on after it. main() has entered the directory: "." is its name. */
static int answer(int client, const char *verb, const char *argument) {
    /* TODO 1 (checks 1.3 2.1 2.2 2.15 3.1 3.2 3.3 3.4 3.5 3.6 3.7 6.2 7.1 8.1 8.2
       8.3 8.4 3.8): Write send_list(). Answer LIST, HELP and LOGOUT, in capital or small letters. */
    /* TODO 2 (checks 4.1 4.2 4.3 4.9 4.13 4.14 5.1 5.2 5.3 5.4 5.5 5.6 5.7 5.8 5.9 6.1 4.15 5.15): Write send_file(): first OK
       and the size, then exactly so many bytes of the file. Answer DOWNLOAD. */
    (void)verb, (void)argument;
    return send_err(client, "UNKNOWN_COMMAND", "this server knows no commands yet");
}

/* Waits for bytes of the client. Returns 0 at the end of the stream. TODO 6: wait no longer than the idle time-out. */
static int receive(struct session *session) {
    ssize_t count = read(session->client, session->received, sizeof session->received);
    session->next = 0, session->end = count > 0 ? (size_t)count : 0;
    return count > 0;
}

/* Reads the next line, without its line end. Returns 0 if there is none: the session ends. */
static int read_line(struct session *session) {
    /* TODO 3 (checks 2.3 2.4 2.5 2.6 2.7 2.8 2.16 2.18 4.4 5.10 5.11 6.4 7.2): One read is not one line. Take byte
       after byte out of received, call receive() when it is empty, stop at LF. */
    if (!receive(session)) return 0;
    memcpy(session->line, session->received, session->length = session->end);
    if (session->line[session->length - 1] == '\n') session->length--;
    return 1;
}

/* Cuts the line into verb and argument, and has it answered. Returns 1 if the session goes on. */
static int parse(struct session *session) {
    /* TODO 4 (checks 2.9 2.10 2.12 4.5 4.6 4.7 4.8 4.10 4.11 4.12 6.5 6.7 7.3 3.9): Drop spaces. Refuse lines that are
       not UTF-8, wrong arguments, and names that no file can have. */
    session->line[session->length] = 0; /* C ends a text with a zero byte */
    char *space = strchr(session->line, ' ');
    if (space) *space = 0;
    return answer(session->client, session->line, space ? space + 1 : "");
}

static void serve(int client) {
    /* TODO 6 (checks 1.7 1.8 1.9 2.17 2.19 2.20 7.4 8.5 8.6): see ../README.md. */
    struct session session = {.client = client};
    if (send_ok(client, "Welcome. Send HELP for the commands.\n"))
        while (read_line(&session) && parse(&session)) {}
    close(client);
}

int main(int count, char **arguments) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (count < 3) return fputs("usage: server DIR PORT\n", stderr), 2;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    at.sin_port = htons((uint16_t)atoi(arguments[2]));
    signal(SIGPIPE, SIG_IGN); /* a client that has vanished is an error of send(), and not the end of the program */
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (chdir(arguments[1]) < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 128) < 0)
        return perror("no such directory, or no such port"), 2;
    /* TODO 5 (checks 1.5 1.6 5.13 5.14 6.8 8.7 6.9): A thread for each client: pthread_create(), pthread_detach(). */
    for (;;) serve(accept(listener, NULL, NULL));
}
