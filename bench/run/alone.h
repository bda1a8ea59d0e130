/*
 * alone - one measurement at a time on a machine.
 *
 * Two runs beside each other disturb each other's every figure. The first holds
 * a name that the kernel knows once (an abstract socket of its network
 * namespace): it goes with the process, however that ends, and no file is left
 * that would have to be cleared away by hand.
 */
#ifndef BENCH_ALONE_H
#define BENCH_ALONE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Takes the machine. Returns a descriptor to be kept open for as long as it is
 * measured on; -EBUSY if another run holds it (`*other`: its process, 0 if
 * unknown), else -errno. With `beside` that other run is told that it is not
 * alone, and the descriptor returned (`*other` set) keeps nothing.
 */
int alone_take(bool beside, pid_t *other);

/* Has another run come beside the one that holds `fd`? */
bool alone_is_disturbed(int fd);

#endif
