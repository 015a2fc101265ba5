/* A client of ../../PROTOCOL.md for POSIX systems, to be finished:
 *     cc -std=c11 -Wall -Wextra -pedantic -o client client.c && ./client HOST PORT DIR [COMMAND...]
 * Without commands it reads them from the standard input, one a line. It runs as it is: it connects, reads the
 * greeting, refuses each command by itself, and logs out. Do the TODOs in their order. A TODO names the checks that pass
 * after it. You change a few functions each time. ../README.md tells how to run the checks. */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum outcome { DONE, REFUSED, BROKEN }; /* After REFUSED the session goes on; after BROKEN it can't. */

struct session {
    int server; /* the socket */
    char received[65536];
    size_t next, end; /* nobody has looked at received[next] to received[end - 1] yet */
};

/* Waits for bytes of the server. Returns 0 at the end of the connection. TODO 6: and when the server says nothing. */
static int receive(struct session *session) {
    ssize_t count = read(session->server, session->received, sizeof session->received);
    session->next = 0, session->end = count > 0 ? (size_t)count : 0;
    return count > 0;
}

/* Reads the size of the body that follows. TODO 4 (checks 4.4 4.5 4.7 4.8 5.14 5.15 5.16 5.17 5.18 5.20 5.26): Return
   REFUSED for ERR. Return BROKEN for an ERR after which the server leaves, and for what is neither OK nor ERR. */
static enum outcome read_header(struct session *session, unsigned long long *size) {
    char line[512] = "";
    for (size_t length = 0; length < sizeof line - 1 && !strchr(line, '\n'); length++) {
        if (session->next == session->end && !receive(session)) return BROKEN;
        line[length] = session->received[session->next++];
    }
    return sscanf(line, "OK %llu", size) == 1 ? DONE : BROKEN;
}

/* Reads the body. TODO 3 (checks 3.3 5.4 5.6 5.7 5.10 5.11 5.12): Exactly so many bytes; one read may
   bring less than all. Return BROKEN if the connection ends before the body does. */
static enum outcome read_body(struct session *session, unsigned long long left, FILE *out) {
    if (session->next == session->end) receive(session);
    size_t part = session->end - session->next;
    fwrite(session->received + session->next, 1, part < left ? part : (size_t)left, out);
    session->next += part < left ? part : (size_t)left;
    return DONE;
}

/* Prints a reply that is text: also the greeting and the goodbye. */
static enum outcome print_reply(struct session *session) {
    unsigned long long size; /* TODO 6 (checks 3.4 4.6): Escape what a terminal would obey. */
    return read_header(session, &size) == DONE ? read_body(session, size, stdout) : BROKEN;
}

static enum outcome carry_out(struct session *session, const char *command) {
    /* TODO 1 (checks 1.2 2.1 3.1 3.2 3.5 6.2 6.3 7.1 8.6 8.7): Send the command and an LF, then print_reply(). */
    /* TODO 2 (checks 4.1 4.2 4.3 4.9 5.1 5.2 5.3 5.5 5.8 5.9 5.13 5.24 6.1 8.2 8.4): For DOWNLOAD write
       receive_file(). Read the header first: a refusal makes no file. TODO 4: Which names lead out of the directory? */
    /* TODO 5 (checks 5.19 5.22 5.23 5.25): The file appears under its name when all of it has come, or not at all. */
    (void)session;
    return fprintf(stderr, "client: %s: this client knows no commands yet\n", command), REFUSED;
}

/* Carries out the commands: the arguments, or else the lines of the standard input. */
static enum outcome converse(struct session *session, char **arguments) {
    char line[4096], *command;
    enum outcome all = print_reply(session), one; /* the greeting */
    for (int reads = !*arguments; all != BROKEN && (command = reads ? fgets(line, 4096, stdin) : *arguments++);) {
        command[strcspn(command, "\n")] = 0;
        if (!strcasecmp(command, "LOGOUT")) break;
        if ((one = carry_out(session, command)) > all) all = one;
    }
    if (all == BROKEN || send(session->server, "LOGOUT\n", strlen("LOGOUT\n"), 0) < 0) return BROKEN;
    if ((one = print_reply(session)) > all) all = one; /* the goodbye */
    return receive(session), all; /* the end of the connection */
}

int main(int count, char **arguments) {
    static struct session session;
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *at;
    if (count < 4 || chdir(arguments[3]) < 0 || getaddrinfo(arguments[1], arguments[2], &wanted, &at))
        return fputs("usage: client HOST PORT DIR [COMMAND...]; DIR and HOST must exist\n", stderr), 2;
    signal(SIGPIPE, SIG_IGN); /* a server that has vanished is an error of send(), and not the end of the program */
    session.server = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
    if (connect(session.server, at->ai_addr, at->ai_addrlen) < 0) return perror("no connection"), 1;
    return converse(&session, arguments + 4) == DONE ? 0 : 1;
}
