/* An example: a server of the protocol in PROTOCOL.md, for POSIX systems.
 *
 *     cc -pthread -o server server.c && ./server DIR PORT
 *
 * A thread for each client. It knows no limit of sessions, no idle time-out and no Telnet, and it does not look whether
 * text is UTF-8: what `lab check` says of those is left as an exercise.
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
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
#include <unistd.h>

enum { MAX_LINE = 1024, MAX_NAME = 255, BACKLOG = 128, MAX_DRAINED_READS = 256 };

static const char *path; /* the served directory, */
static int served;       /* and the same, open */

/* Each function that sends returns whether the session goes on: not when the client has vanished. */

static int refuse(int client, const char *why) { return dprintf(client, "ERR %s\n", why) > 0; }
static int send_text(int client, const char *text) { return dprintf(client, "OK %zu\n%s", strlen(text), text) > 0; }

static int write_all(int client, const char *bytes, ssize_t left) {
    for (ssize_t count; left > 0; bytes += count, left -= count) /* one write may take less than it is given */
        if ((count = write(client, bytes, (size_t)left)) <= 0) return 0;
    return 1;
}

static int is_served_name(const char *name) {
    size_t length = strlen(name);
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127 || *c == '/' || *c == '\\') return 0;
    return 1 <= length && length <= MAX_NAME && name[0] != '.' && name[0] != ' ' && name[length - 1] != ' ';
}

static int is_served(const struct dirent *entry) {
    struct stat status;
    return is_served_name(entry->d_name) && fstatat(served, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode);
}

static int by_bytes(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int send_list(int client) {
    struct dirent **entries;
    struct stat status;
    int count = scandir(path, &entries, is_served, by_bytes);
    if (count < 0) return refuse(client, "READ_FAILED the directory can't be read; tell the server's operator");
    char *text = NULL;
    size_t size = 0;
    FILE *list = open_memstream(&text, &size);
    for (int i = 0; i < count; free(entries[i++]))
        if (fstatat(served, entries[i]->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
            fprintf(list, "%jd %s\n", (intmax_t)status.st_size, entries[i]->d_name);
    free(entries);
    fclose(list);
    int goes_on = send_text(client, text);
    free(text);
    return goes_on;
}

static int send_file(int client, const char *name) {
    if (!is_served_name(name)) return refuse(client, "BAD_FILENAME no file can have this name; LIST shows the files");
    struct stat status;
    char part[65536];
    int file = openat(served, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK); /* to open a FIFO would wait otherwise */
    if (file < 0 || fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) {
        if (file >= 0) close(file);
        return refuse(client, "NOT_FOUND there is no such file; LIST shows the files");
    }
    int goes_on = dprintf(client, "OK %jd\n", (intmax_t)status.st_size) > 0;
    for (intmax_t left = status.st_size; goes_on && left > 0;) {
        ssize_t count = read(file, part, left < (intmax_t)sizeof part ? (size_t)left : sizeof part);
        goes_on = count > 0 && write_all(client, part, count); /* a file that shrank ends the session */
        left -= count;
    }
    close(file);
    return goes_on;
}

/* Answers one line, whose last byte is its LF. */
static int answer(int client, char *line, size_t length) {
    if (memchr(line, 0, length)) return refuse(client, "UNKNOWN_COMMAND a line has no zero bytes");
    length -= length >= 2 && line[length - 2] == '\r' ? 2 : 1;
    while (length > 0 && line[length - 1] == ' ') length--;
    line[length] = 0;
    char *verb = line + strspn(line, " "), *name = verb + strcspn(verb, " ");
    if (*name) *name++ = 0;
    name += strspn(name, " ");
    int is_list = !strcasecmp(verb, "LIST"), is_download = !strcasecmp(verb, "DOWNLOAD");
    int is_help = !strcasecmp(verb, "HELP"), is_logout = !strcasecmp(verb, "LOGOUT");
    if (!(is_list || is_download || is_help || is_logout)) return refuse(client, "UNKNOWN_COMMAND HELP shows them all");
    if (is_download == !*name) return refuse(client, "BAD_ARGUMENTS DOWNLOAD takes a filename, the others nothing");
    if (is_list) return send_list(client);
    if (is_download) return send_file(client, name);
    send_text(client, is_help ? "LIST\nDOWNLOAD <filename>\nHELP\nLOGOUT\n" : "Goodbye.\n");
    return is_help;
}

static void *converse(void *argument) {
    int client = (int)(intptr_t)argument, goes_on = send_text(client, "Welcome. Send HELP for the commands.\n");
    FILE *input = fdopen(client, "r"); /* keeps what arrived behind the end of a line */
    char line[MAX_LINE];
    while (goes_on) {
        size_t length = 0;
        for (int c = 0; c != '\n' && length < MAX_LINE && (c = getc(input)) != EOF;) line[length++] = (char)c;
        if (length == 0) break; /* the end of the stream */
        goes_on = line[length - 1] == '\n';
        if (goes_on) goes_on = answer(client, line, length);
        else refuse(client, length == MAX_LINE ? "LINE_TOO_LONG end it with LF" : "INCOMPLETE_LINE end it with LF");
    }
    struct timeval second = {.tv_sec = 1}; /* closed while input waits unread, the client could lose the last reply */
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    shutdown(client, SHUT_WR);
    for (int i = 0; i < MAX_DRAINED_READS && read(client, line, sizeof line) > 0; i++) {}
    fclose(input);
    return NULL;
}

int main(int count, char **arguments) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    path = count == 3 ? arguments[1] : "";
    address.sin_port = htons((uint16_t)(count == 3 ? atoi(arguments[2]) : 0));
    signal(SIGPIPE, SIG_IGN); /* a client that has vanished is an error of write, not the end of the program */
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if ((served = open(path, O_RDONLY | O_DIRECTORY)) < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, BACKLOG) < 0)
        return perror("usage: server DIR PORT"), 2;
    for (pthread_t thread;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* small writes leave at once */
        if (pthread_create(&thread, NULL, converse, (void *)(intptr_t)client) == 0) pthread_detach(thread);
        else close(client);
    }
}
