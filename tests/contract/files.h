/*
 * files - the small folders and files the runner and its cases use.
 */
#ifndef CONTRACT_FILES_H
#define CONTRACT_FILES_H

#include <stddef.h>

/* The whole file as a string, its length in *len (may be NULL); an empty
 * string when there is no such file. The caller frees. */
char *file_read(const char *path, size_t *len);

/* Writes the file whole; fails the case when it cannot. */
void file_write(const char *path, const void *data, size_t len);

/* Removes a folder and all in it; complains on stderr if it cannot. */
void folder_remove(const char *path);

#endif
