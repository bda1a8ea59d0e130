/*
 * misuse - the end of a program that broke a contract.
 *
 * Where Netty throws IllegalReferenceCountException, IndexOutOfBoundsException
 * or IllegalStateException at a programmer's mistake, this framework prints
 * one line that names the mistake and aborts: C has no stack to unwind, and to
 * carry on would be to corrupt memory later and elsewhere. Never for what a
 * peer, a file or the kernel can cause: those are -errno or an exceptionCaught.
 */
#ifndef NETTY_MISUSE_H
#define NETTY_MISUSE_H

/* Prints "misuse: text" on stderr and aborts. Any thread. */
_Noreturn void misuse(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), cold));

/*
 * For tests: called with the text (valid during the call) instead of printing.
 * It leaves by longjmp; if it returns, misuse() goes on to abort. NULL restores
 * the default. Set it before threads start.
 */
typedef void misuse_fn(const char *text);
void misuse_set_handler(misuse_fn *handler);

#endif
