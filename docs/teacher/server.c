/* A server of ../PROTOCOL.md for POSIX systems, the key of ../skeletons/c/server.c.
 * cc -std=c11 -pthread -o server server.c && ./server DIR PORT [IDLE_SECONDS] */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LINE = 1024, MAX_NAME = 255, MAX_SESSIONS = 64, MAX_CLOSING = 64, MAX_DROPPED = 262144, PART = 65536 };
enum { IAC = 255, DONT = 254, DO = 253, WILL = 251, SB = 250, SE = 240, TIMING_MARK = 6 }; /* Telnet, RFC 854 */

static int idle_timeout = 64; /* seconds; a PART must leave within them, so a client takes 1 KiB a second at least */

struct session {
    int client;
    char received[4096], line[MAX_LINE];
    size_t next, end, length; /* nobody has looked at received[next] to received[end - 1] yet; the line has a length */
    double give_up; /* when the idle time-out is over */
    enum { TEXT, AFTER_IAC, AFTER_DO, OPTION, IN_SB, IAC_IN_SB } telnet; /* where a Telnet sequence stands */
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Returns 1 when there is something to read, or the end of the stream; 0 if the time is over. */
static int wait_for_input(int client, double end) {
    struct pollfd one = {.fd = client, .events = POLLIN};
    double left = end - now();
    return left > 0 && poll(&one, 1, (int)(left * 1000) + 1) > 0;
}

/* The functions that send return 1 if all has left, and 0 if the client takes nothing (SO_SNDTIMEO) or has vanished. */
static int send_all(int client, const char *bytes, size_t left) {
    double end = now() + idle_timeout;
    for (ssize_t count; left > 0; bytes += count, left -= (size_t)count) /* one send may take less than it is given */
        if ((count = send(client, bytes, left, 0)) <= 0 || now() > end) return 0;
    return 1;
}

static int send_ok(int client, const char *body, size_t size) {
    char header[32];
    return send_all(client, header, (size_t)snprintf(header, sizeof header, "OK %zu\n", size)) &&
           send_all(client, body, size);
}

static int send_err(int client, const char *code, const char *message) {
    char line[512];
    return send_all(client, line, (size_t)snprintf(line, sizeof line, "ERR %s %s\n", code, message));
}

static int is_text(const char *text) { return mbstowcs(NULL, text, 0) != (size_t)-1; } /* UTF-8: main() says so */
static int is_name(const char *name) {
    size_t length = strlen(name);
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c < ' ' || *c == 127 || *c == '/' || *c == '\\' || (c[0] == 0xc2 && c[1] < 0xa0)) return 0;
    return is_text(name) && 1 <= length && length <= MAX_NAME && !strchr(". ", name[0]) &&
           name[length - 1] != ' ';
}

static int has_name(const struct dirent *entry) { return is_name(entry->d_name); }
static int by_bytes(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int send_list(int client) {
    struct dirent **entries;
    struct stat status;
    char *text = NULL;
    size_t size = 0;
    FILE *list = open_memstream(&text, &size);
    int count = list ? scandir(".", &entries, has_name, by_bytes) : -1;
    for (int i = 0; i < count; free(entries[i++]))
        if (lstat(entries[i]->d_name, &status) == 0 && S_ISREG(status.st_mode)) /* stat() would follow a link */
            fprintf(list, "%jd %s\n", (intmax_t)status.st_size, entries[i]->d_name);
    if (count >= 0) free(entries);
    if (list) fclose(list);
    int sent = count < 0 ? send_err(client, "READ_FAILED", "the directory can't be read; tell the server's operator")
                         : send_ok(client, text, size);
    free(text);
    return sent;
}

static int send_file(int client, const char *name) {
    if (!is_name(name)) return send_err(client, "BAD_FILENAME", "no file can have this name; LIST shows the files");
    struct stat status;
    char part[PART];
    int file = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK); /* follows no link, waits for no FIFO */
    if (file < 0 && errno != ENOENT && errno != ELOOP && errno != ENXIO) /* there is none, a link, a socket */
        return send_err(client, "READ_FAILED", "the file can't be opened; tell the server's operator");
    if (file < 0 || fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) {
        if (file >= 0) close(file);
        return send_err(client, "NOT_FOUND", "there is no such file; LIST shows the files");
    }
    intmax_t left = status.st_size;
    int goes_on = send_all(client, part, (size_t)snprintf(part, sizeof part, "OK %jd\n", left));
    while (goes_on && left > 0) {
        ssize_t count = read(file, part, left < PART ? (size_t)left : PART);
        goes_on = count > 0 && send_all(client, part, (size_t)count); /* a file that has become shorter: close */
        left -= count;
    }
    close(file);
    return goes_on;
}

/* Answers one command. Returns 1 if the session goes on after it. */
static int answer(int client, const char *verb, const char *argument) {
    static const char help[] = "LIST\nDOWNLOAD <filename>\nHELP\nLOGOUT\n", goodbye[] = "Goodbye.\n";
    int is_list = !strcasecmp(verb, "LIST"), is_download = !strcasecmp(verb, "DOWNLOAD");
    int is_help = !strcasecmp(verb, "HELP"), is_logout = !strcasecmp(verb, "LOGOUT");
    if (!(is_list || is_download || is_help || is_logout))
        return send_err(client, "UNKNOWN_COMMAND", "send HELP for the commands");
    if (is_download != (argument[0] != 0))
        return send_err(client, "BAD_ARGUMENTS", "DOWNLOAD takes a filename, the others take nothing");
    if (is_list) return send_list(client);
    if (is_download) return send_file(client, argument);
    if (is_help) return send_ok(client, help, strlen(help));
    return send_ok(client, goodbye, strlen(goodbye)), 0;
}

/* Waits for bytes of the client. Returns 0 at the end of the stream, and -1 if the idle time-out is over. */
static int receive(struct session *session) {
    if (!wait_for_input(session->client, session->give_up)) return -1;
    ssize_t count = read(session->client, session->received, sizeof session->received);
    session->next = 0, session->end = count > 0 ? (size_t)count : 0;
    return count > 0;
}

/* Does this byte belong to the text? If not, it is Telnet's. */
static int is_text_byte(struct session *session, unsigned char byte) {
    int is_do = byte == DO, is_option = WILL <= byte && byte <= DONT;
    switch (session->telnet) {
    case TEXT: session->telnet = byte == IAC ? AFTER_IAC : TEXT; return byte != IAC;
    case AFTER_IAC: session->telnet = is_do ? AFTER_DO : is_option ? OPTION : byte == SB ? IN_SB : TEXT; break;
    case AFTER_DO: if (byte == TIMING_MARK) send_all(session->client, "\xff\xfc\x06", 3); /* WONT TIMING-MARK */
    /* fall through */
    case OPTION: session->telnet = TEXT; break;
    case IN_SB: session->telnet = byte == IAC ? IAC_IN_SB : IN_SB; break;
    case IAC_IN_SB: session->telnet = byte == SE ? TEXT : IN_SB; break;
    }
    return 0;
}

/* Reads the next line, without its line end. Returns 0 if there is none: the session ends. */
static int read_line(struct session *session) {
    int got = 1;
    session->length = 0;
    session->give_up = now() + idle_timeout;
    for (size_t count = 0; count < MAX_LINE; count++) { /* Telnet's bytes count too */
        if (session->next == session->end && (got = receive(session)) <= 0) break;
        char byte = session->received[session->next++];
        if (!is_text_byte(session, (unsigned char)byte)) continue;
        session->line[session->length++] = byte;
        if (byte != '\n') continue;
        session->length -= session->length >= 2 && session->line[session->length - 2] == '\r' ? 2 : 1;
        return 1;
    }
    char idle[80];
    snprintf(idle, sizeof idle, "%zu bytes of a line wait; end each line with a newline", session->length);
    if (got < 0) send_err(session->client, "IDLE_TIMEOUT", idle);
    else if (got > 0) send_err(session->client, "LINE_TOO_LONG", "a line has at most 1024 bytes; end it with LF");
    else if (session->length > 0) send_err(session->client, "INCOMPLETE_LINE", "end each line with a newline");
    return 0;
}

/* Cuts the line into verb and argument, and has it answered. Returns 1 if the session goes on. */
static int parse(struct session *session) {
    char *line = session->line, *end = line + session->length;
    for (char *c = line; c < end; c++)
        if (*c == 0) *c = '\1'; /* C would take a zero byte for the end; both are control characters */
    while (end > line && end[-1] == ' ') end--;
    *end = 0; /* there is room: the LF has gone */
    if (!is_text(line)) return send_err(session->client, "NOT_TEXT", "send commands as UTF-8");
    char *verb = line + strspn(line, " "), *argument = verb + strcspn(verb, " ");
    if (*argument) *argument++ = 0;
    return answer(session->client, verb, argument + strspn(argument, " "));
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sessions, closings; /* how many there are; only under the lock */
/* Takes a place (or gives it back: -1) if there are not too many then. It looks and takes under one lock. */
static int take(int *count, int change, int most) {
    pthread_mutex_lock(&lock);
    int good = *count + change <= most;
    if (good) *count += change;
    pthread_mutex_unlock(&lock);
    return good;
}

/* While bytes wait unread, close() would send a reset, and the client could lose the last reply. */
static void close_gently(int client) {
    char dropped[4096];
    double end = now() + 1;
    shutdown(client, SHUT_WR);
    if (take(&closings, 1, MAX_CLOSING)) {
        for (ssize_t all = 0, count = 1; all < MAX_DROPPED && count > 0 && wait_for_input(client, end); all += count)
            count = read(client, dropped, sizeof dropped);
        take(&closings, -1, MAX_CLOSING);
    }
    close(client);
}

static void *serve(void *argument) {
    struct session session = {.client = (int)(intptr_t)argument};
    static const char greeting[] = "Welcome. Send HELP for the commands.\n";
    if (take(&sessions, 1, MAX_SESSIONS)) {
        if (send_ok(session.client, greeting, strlen(greeting)))
            while (read_line(&session) && parse(&session)) {}
        take(&sessions, -1, MAX_SESSIONS); /* before the client can see the end: who saw it can connect again */
    } else {
        send_err(session.client, "SERVER_FULL", "all places are taken; try again later");
    }
    close_gently(session.client);
    return NULL;
}

static void start(int client) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)client) == 0) pthread_detach(thread);
    else close(client); /* the system grants no more threads */
}

int main(int count, char **arguments) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (count < 3) return fputs("usage: server DIR PORT [IDLE_SECONDS]\n", stderr), 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)atoi(arguments[2]));
    if (count > 3) idle_timeout = atoi(arguments[3]);
    if (!setlocale(LC_CTYPE, "C.UTF-8")) setlocale(LC_CTYPE, "en_US.UTF-8"); /* for is_text() */
    signal(SIGPIPE, SIG_IGN); /* a client that has vanished is an error of send, and not the end of the program */
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (chdir(arguments[1]) < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 128) < 0)
        return perror("can't listen there, or can't open the directory"), 2;
    for (struct timeval patience = {.tv_sec = idle_timeout};;) {
        int client = accept(listener, NULL, NULL);
        if (client >= 0) {
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* small writes leave at once */
            setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            start(client);
        } else poll(NULL, 0, 100); /* no descriptor is left: wait a moment, and do not spin */
    }
}
