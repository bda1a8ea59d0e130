#include "bench/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/report/report_impl.h"
#include "bench/run/files.h"
#include "common/die.h"

static const char *text_of(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);

    return cJSON_IsString(v) ? v->valuestring : "unknown";
}

static void print_header(struct report *r)
{
    const cJSON *m = r->manifest;

    fputs("<header><h1>", r->out);
    html_text(r->out, r->job->e->title);
    fputs("</h1>\n<ul class=\"tags\">", r->out);
    fputs("<li>", r->out);
    html_text(r->out, r->job->machine);
    fputs("</li>", r->out);
    if (m && strcmp(text_of(m, "state"), "complete") != 0) {
        fputs("<li class=\"no\">this run is ", r->out);
        html_text(r->out, text_of(m, "state"));
        fputs(", not complete</li>", r->out);
    }
    fputs("</ul></header>\n<nav>"
          "<a href=\"#verdict\">Verdict</a> "
          "<a href=\"#choice\">Which model to take</a> "
          "<a href=\"#capacity\">Capacity</a> "
          "<a href=\"#batching\">Batching</a> "
          "<a href=\"#validity\">Validity</a> "
          "<a href=\"#noise\">Noise floor</a> "
          "<a href=\"#experiments\">Expected and seen</a> "
          "<a href=\"#limits\">What this cannot show</a> "
          "<a href=\"#manifest\">Manifest</a></nav>\n",
          r->out);
}

static void print_body(struct report *r)
{
    print_header(r);
    fputs("<main>\n", r->out);
    report_verdict(r);
    report_choice(r);
    report_capacity(r);
    report_batching(r);
    report_validity(r);
    report_noise(r);
    report_experiments(r);
    report_limits(r);
    report_manifest(r);
    fputs("</main>\n<footer>Made by chat-bench from rows.csv, manifest.json "
          "and experiment.conf of this folder; run ",
          r->out);
    html_text(r->out, text_of(r->manifest, "run"));
    fputs(".</footer>\n", r->out);
}

/* The head: known only after the body, whose pictures bring their colours. */
static void print_page(struct report *r, FILE *out, const char *css,
                       const char *body)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\">\n"
          /* Belt and braces: nothing may be fetched, nothing may run. */
          "<meta http-equiv=\"Content-Security-Policy\" content=\""
          "default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, "
          "initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
          out);
    html_text(out, r->job->e->title);
    fprintf(out, "</title>\n<style>\n%s:root{", css);
    svg_light(out, &r->colours);
    fputs("}\n@media (prefers-color-scheme:dark){:root{", out);
    svg_dark(out, &r->colours);
    fprintf(out, "}}\n</style>\n</head>\n<body>\n%s</body>\n</html>\n", body);
}

static cJSON *read_manifest(const char *dir)
{
    char *path = xasprintf("%s/manifest.json", dir);
    char *text = file_read(path);
    cJSON *o = text ? cJSON_Parse(text) : NULL;

    free(text);
    free(path);
    return o;
}

/* All of `print` as one text; NULL without memory. */
static char *body_text(struct report *r)
{
    char *text = NULL;
    size_t size;

    r->out = open_memstream(&text, &size);
    if (!r->out)
        return NULL;
    print_body(r);
    return fclose(r->out) == 0 ? text : NULL;
}

static char *page_text(struct report *r, const char *css)
{
    char *body = body_text(r), *text = NULL;
    size_t size;
    FILE *out = body ? open_memstream(&text, &size) : NULL;

    if (out) {
        print_page(r, out, css, body);
        if (fclose(out) != 0) {
            free(text);
            text = NULL;
        }
    }
    free(body);
    return text;
}

int report_write(const struct plot_job *job)
{
    struct report r = {.job = job, .manifest = read_manifest(job->dir)};
    char *css_path = xasprintf("%s/../report/report.css", job->home);
    char *path = xasprintf("%s/report.html", job->dir);
    const char *what = css_path;
    char *css = file_read(css_path);
    int err = css ? 0 : -errno;

    if (!err) {
        char *page = page_text(&r, css);
        what = path;
        err = page ? file_write_whole(path, page) : -ENOMEM;
        free(page);
    }
    if (err)
        fprintf(stderr, "%s: cannot %s %s: %s\n", die_program(),
                what == path ? "write" : "read", what, strerror(-err));
    cJSON_Delete(r.manifest);
    free(css);
    free(path);
    free(css_path);
    return err;
}
