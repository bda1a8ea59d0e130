#include "client/term.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* For atexit and the fatal signals; there is one terminal. */
static struct termios saved; /* as it was found */
static atomic_bool is_taken; /* it is not as it was found; lock-free, so a
                                signal handler may use it */

/* Async-signal-safe. */
static void put_back(void)
{
    if (is_taken) {
        is_taken = false;
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
    }
}

/* SA_RESETHAND: the second time, the signal does what it always does. */
static void on_fatal(int signal_number)
{
    int saved_errno = errno;

    put_back();
    raise(signal_number);
    errno = saved_errno;
}

static void catch_fatal_signals(void)
{
    static const int fatal[] = {SIGQUIT, SIGABRT, SIGBUS,
                                SIGFPE,  SIGILL,  SIGSEGV};
    struct sigaction action = {.sa_handler = on_fatal,
                               .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        sigaction(fatal[i], &action, NULL);
}

/* Keys one by one, no echo; signals, output processing and CR as LF stay. */
static bool take_terminal(void)
{
    struct termios mode = saved;

    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | IEXTEN);
    mode.c_lflag |= ISIG;
    mode.c_iflag &= ~(tcflag_t)(IXON | INLCR | IGNCR | ISTRIP);
    mode.c_iflag |= ICRNL;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    is_taken = true;
    if (tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0)
        return true;
    is_taken = false;
    return false;
}

static void read_columns(struct term *t)
{
    struct winsize size;

    t->columns = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        t->columns = size.ws_col;
}

void term_open(struct term *t, bool colors)
{
    const char *name = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    bool smart = name && name[0] && strcmp(name, "dumb") != 0;

    *t = (struct term){0};
    t->stamps = isatty(STDOUT_FILENO);
    t->colors = t->stamps && smart && colors && !(no_color && no_color[0]);
    read_columns(t);
    if (t->stamps && smart && isatty(STDIN_FILENO) &&
        tcgetattr(STDIN_FILENO, &saved) == 0) {
        catch_fatal_signals();
        atexit(put_back);
        t->editing = take_terminal();
        t->stale = t->editing;
    }
}

static void erase_line(struct term *t)
{
    if (t->drawn)
        text_adds(&t->out, "\r\033[K");
    t->drawn = false;
    t->stale = t->editing;
}

void term_close(struct term *t)
{
    erase_line(t);
    t->editing = false;
    term_flush(t);
    put_back();
    edit_free(&t->edit);
    text_free(&t->out);
}

/* A nick keeps its colour everywhere: six that can be told apart on light and
 * dark ground, none of them red (errors). */
static int nick_color(const char *nick, size_t len)
{
    static const int colors[] = {32, 33, 34, 35, 36, 94};
    unsigned hash = 5381;

    for (size_t i = 0; i < len; i++)
        hash = hash * 33 + (unsigned char)nick[i];
    return colors[hash % (sizeof(colors) / sizeof(colors[0]))];
}

static const char *kind_color(enum view_kind kind)
{
    switch (kind) {
    case VIEW_PRIVATE: return "\033[1m";
    case VIEW_NOTICE: return "\033[35m";
    case VIEW_INFO: return "\033[36m";
    case VIEW_ERROR: return "\033[31m";
    case VIEW_NONE:
    case VIEW_CHAT: break;
    }
    return "";
}

static void add_colored(struct term *t, const struct view *v)
{
    const char *text = v->text.data;
    size_t name_end = v->name_at + v->name_len;

    text_adds(&t->out, kind_color(v->kind));
    text_add(&t->out, text, v->name_at);
    if (v->name_len > 0 && v->kind != VIEW_INFO)
        text_addf(&t->out, "\033[%dm%.*s\033[39m%s",
                  nick_color(text + v->name_at, v->name_len), (int)v->name_len,
                  text + v->name_at, kind_color(v->kind));
    else
        text_add(&t->out, text + v->name_at, v->name_len);
    text_add(&t->out, text + name_end, v->text.len - name_end);
    text_adds(&t->out, "\033[0m");
}

void term_show(struct term *t, const struct view *v)
{
    if (v->kind == VIEW_NONE)
        return;
    erase_line(t);
    if (t->stamps) {
        time_t now = time(NULL);
        struct tm tm;
        char stamp[16] = "--:--";
        if (localtime_r(&now, &tm))
            strftime(stamp, sizeof(stamp), "%H:%M", &tm);
        text_addf(&t->out, t->colors ? "\033[2m%s\033[0m " : "%s ", stamp);
    }
    if (t->colors)
        add_colored(t, v);
    else
        text_add(&t->out, v->text.data, v->text.len);
    text_adds(&t->out, "\n");
}

void term_set_prompt(struct term *t, const char *prompt)
{
    if (strcmp(t->prompt, prompt) == 0)
        return;
    snprintf(t->prompt, sizeof(t->prompt), "%s", prompt);
    t->stale = t->editing;
}

enum edit_event term_key(struct term *t, unsigned char byte)
{
    enum edit_event event = edit_key(&t->edit, byte);

    if (event != EDIT_NONE)
        t->stale = true;
    if (event == EDIT_SCREEN)
        text_adds(&t->out, "\033[H\033[2J");
    return event;
}

/* All of it, even where somebody else made the descriptor non-blocking. */
static int write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd writable = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&writable, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return -errno;
        } else if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

int term_flush(struct term *t)
{
    if (t->editing && t->stale && is_taken) {
        edit_draw(&t->edit, t->prompt, t->columns, &t->out);
        t->drawn = true;
        t->stale = false;
    }
    int err = write_all(t->out.data, t->out.len);
    text_clear(&t->out);
    return err;
}

void term_resized(struct term *t)
{
    read_columns(t);
    t->stale = t->editing;
}

void term_suspend(struct term *t)
{
    erase_line(t);
    t->stale = false;
    term_flush(t);
    put_back();
}

void term_resume(struct term *t)
{
    if (!t->editing)
        return;
    /* In the background, touching the terminal would stop us again. */
    if (tcgetpgrp(STDIN_FILENO) != getpgrp())
        return;
    take_terminal();
    term_resized(t);
}
