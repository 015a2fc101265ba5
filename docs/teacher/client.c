/* A client of ../PROTOCOL.md for POSIX systems, the key of ../skeletons/c/client.c.
 * cc -std=c11 -o client client.c && ./client HOST PORT DIR [COMMAND...]      such as: LIST 'DOWNLOAD notes.txt'
 * Without commands it reads them from the standard input, one a line. It logs out by itself at the end. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

enum { TIMEOUT = 20 /* seconds; then the server is given up */, MAX_COMMAND = 1024 /* its LF included */ };
enum { MAX_LINE = 512, MAX_NAME = 255, MAX_LIST = 64 * 1024 * 1024 };

/* How a command, or a step of it, ended. After REFUSED the session goes on; after BROKEN it can't. */
enum outcome { DONE, REFUSED, BROKEN };

struct session {
    int server; /* the socket */
    char received[65536];
    size_t next, end; /* nobody has looked at received[next] to received[end - 1] yet */
};

/* Prints text. What a terminal would obey is escaped. */
static void print_text(FILE *out, const char *text, size_t size) {
    mbstate_t state = {0};
    for (size_t next = 0, count = 0; next < size; next += count) {
        wchar_t letter = 0;
        count = mbrtowc(&letter, text + next, size - next, &state);
        if (count != (size_t)-1 && count != (size_t)-2 && (letter == '\n' || iswprint((wint_t)letter))) {
            fwrite(text + next, 1, count, out);
        } else { /* no letter, or none that can be seen */
            fprintf(out, "\\x%02x", (unsigned char)text[next]);
            count = 1;
            state = (mbstate_t){0};
        }
    }
    fflush(out);
}

static enum outcome tell(enum outcome outcome, const char *what, const char *text) {
    fprintf(stderr, "client: %s", what);
    print_text(stderr, text, strlen(text));
    fputc('\n', stderr);
    return outcome;
}

static enum outcome send_line(int server, const char *line, size_t length) {
    char text[MAX_COMMAND]; /* in one piece: a line feed of its own would be a packet of its own */
    memcpy(text, line, length);
    text[length++] = '\n';
    for (size_t sent = 0; sent < length;) { /* one send may take less than it is given */
        ssize_t count = send(server, text + sent, length - sent, 0);
        if (count <= 0) return tell(BROKEN, "can't send: ", strerror(errno));
        sent += (size_t)count;
    }
    return DONE;
}

/* Waits for bytes of the server. Returns 0 at the end of the connection, and when the server says nothing. */
static int receive(struct session *session) {
    ssize_t count = read(session->server, session->received, sizeof session->received);
    session->next = 0;
    session->end = count > 0 ? (size_t)count : 0;
    return count > 0;
}

/* Reads a line without its LF. */
static enum outcome read_line(struct session *session, char line[MAX_LINE]) {
    for (size_t length = 0; length < MAX_LINE; length++) {
        if (session->next == session->end && !receive(session)) return tell(BROKEN, "the server has left, or says nothing", "");
        line[length] = session->received[session->next++];
        if (line[length] == 0) line[length] = '\1'; /* C would take a zero byte for the end */
        if (line[length] == '\n') {
            line[length] = 0;
            return DONE;
        }
    }
    return tell(BROKEN, "a reply's first line is too long", "");
}

/* After these the server ends the connection. */
static int leaves(const char *refusal) {
    static const char *codes[] = {"SERVER_FULL", "SHUTTING_DOWN", "IDLE_TIMEOUT", "LINE_TOO_LONG", "INCOMPLETE_LINE"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (!strncmp(refusal, codes[i], strlen(codes[i])) && refusal[strlen(codes[i])] == ' ') return 1;
    return 0;
}

/* Reads the size of the body that follows. */
static enum outcome read_header(struct session *session, uint64_t *size) {
    char line[MAX_LINE];
    if (read_line(session, line) != DONE) return BROKEN;
    if (!strncmp(line, "ERR ", 4)) return tell(leaves(line + 4) ? BROKEN : REFUSED, "the server refused: ", line + 4);
    if (strncmp(line, "OK ", 3)) return tell(BROKEN, "this is no reply: ", line);
    const char *digits = line + 3;
    size_t count = strspn(digits, "0123456789");
    errno = 0;
    *size = strtoull(digits, NULL, 10);
    int is_size = count > 0 && !digits[count] && (digits[0] != '0' || count == 1) && !errno && *size <= INT64_MAX;
    return is_size ? DONE : tell(BROKEN, "this is no size: ", line);
}

/* Reads the body: exactly so many bytes. */
static enum outcome read_body(struct session *session, uint64_t left, FILE *out) {
    while (left > 0) {
        if (session->next == session->end && !receive(session)) return tell(BROKEN, "the body ends too early", "");
        size_t part = session->end - session->next;
        if (part > left) part = (size_t)left;
        if (fwrite(session->received + session->next, 1, part, out) < part) return tell(BROKEN, "can't write", "");
        session->next += part;
        left -= part;
    }
    return DONE;
}

/* Prints a reply that is text: also the greeting and the goodbye. */
static enum outcome print_reply(struct session *session) {
    uint64_t size;
    enum outcome outcome = read_header(session, &size);
    if (outcome != DONE) return outcome;
    if (size > MAX_LIST) return tell(BROKEN, "a text of the server is too long", "");
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);
    if (!memory) return tell(BROKEN, "no memory", "");
    outcome = read_body(session, size, memory);
    fclose(memory);
    if (outcome == DONE) print_text(stdout, text, length);
    free(text);
    return outcome;
}

/* Can a file be stored under this name? Not if it leads out of the directory. */
static int is_name(const char *name) {
    size_t length = strlen(name);
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c < ' ' || *c == 127 || *c == '/' || *c == '\\' || (c[0] == 0xc2 && c[1] < 0xa0)) return 0;
    return mbstowcs(NULL, name, 0) != (size_t)-1 && 1 <= length && length <= MAX_NAME && name[0] != '.';
}

/* Writes the body that follows into a file. */
static enum outcome receive_file(struct session *session, const char *path) {
    uint64_t size;
    enum outcome outcome = read_header(session, &size); /* before the file is made: a refusal makes none */
    if (outcome != DONE) return outcome;
    FILE *file = fopen(path, "wb");
    if (!file) return tell(BROKEN, "can't write: ", path);
    outcome = read_body(session, size, file);
    return fclose(file) ? tell(BROKEN, "can't write: ", path) : outcome;
}

/* Stores the file when all of it has come, or not at all. main() has entered the directory. */
static enum outcome store(struct session *session, const char *name) {
    char temporary[64];
    snprintf(temporary, sizeof temporary, ".download-%ld.part", (long)getpid());
    enum outcome outcome = receive_file(session, temporary);
    if (outcome == DONE && rename(temporary, name) < 0) outcome = tell(BROKEN, "can't write: ", name);
    if (outcome != DONE) unlink(temporary); /* after rename() there is none: nobody sees half a file */
    return outcome;
}

static enum outcome carry_out(struct session *session, const char *command) {
    size_t length = strlen(command), verb = strcspn(command, " ");
    int is_download = verb == strlen("DOWNLOAD") && !strncasecmp(command, "DOWNLOAD", verb);
    if (length >= MAX_COMMAND) return tell(REFUSED, "this command is too long: ", command);
    char name[MAX_COMMAND];
    strcpy(name, command + verb + strspn(command + verb, " "));
    for (char *end = name + strlen(name); end > name && end[-1] == ' ';) *--end = 0;
    if (is_download && !is_name(name)) return tell(REFUSED, "no file can be stored under the name ", name);
    if (send_line(session->server, command, length) != DONE) return BROKEN;
    return is_download ? store(session, name) : print_reply(session);
}

/* The next command: an argument, or a line of the standard input. NULL if there is none. */
static char *next_command(char ***arguments, int reads_lines) {
    static char *line;
    static size_t capacity;
    if (!reads_lines) return *(*arguments)++;
    if (getline(&line, &capacity, stdin) < 0) return NULL;
    line[strcspn(line, "\n")] = 0;
    return line;
}

/* Carries out the commands. */
static enum outcome converse(struct session *session, char **arguments) {
    enum outcome all = print_reply(session); /* the greeting */
    int reads_lines = !*arguments;
    for (char *command; all != BROKEN && (command = next_command(&arguments, reads_lines));) {
        if (!strcasecmp(command, "LOGOUT")) break;
        enum outcome outcome = carry_out(session, command);
        if (outcome > all) all = outcome;
    }
    if (all == BROKEN || send_line(session->server, "LOGOUT", strlen("LOGOUT")) != DONE) return BROKEN;
    enum outcome goodbye = print_reply(session);
    receive(session); /* the end of the connection */
    return goodbye > all ? goodbye : all;
}

static int connect_to(const char *host, const char *port) {
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    struct timeval patience = {.tv_sec = TIMEOUT}; /* the longest silence that is waited for */
    int server = -1;
    if (getaddrinfo(host, port, &wanted, &found)) return -1;
    for (struct addrinfo *one = found; one && server < 0; one = one->ai_next) {
        server = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
        if (server >= 0 && connect(server, one->ai_addr, one->ai_addrlen) < 0) close(server), server = -1;
    }
    freeaddrinfo(found);
    if (server >= 0) setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return server;
}

int main(int count, char **arguments) {
    static struct session session;
    if (count < 4) return fputs("usage: client HOST PORT DIR [COMMAND...]\n", stderr), 2;
    if (!setlocale(LC_CTYPE, "C.UTF-8")) setlocale(LC_CTYPE, "en_US.UTF-8"); /* what is a letter? */
    signal(SIGPIPE, SIG_IGN); /* a server that has vanished is an error of send(), and not the end of the program */
    if (chdir(arguments[3]) < 0) return perror(arguments[3]), 1;
    if ((session.server = connect_to(arguments[1], arguments[2])) < 0)
        return tell(BROKEN, "no connection to a server there: ", arguments[1]), 1;
    enum outcome outcome = converse(&session, arguments + 4);
    close(session.server);
    return outcome == DONE ? 0 : 1;
}
