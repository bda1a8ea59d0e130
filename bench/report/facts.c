/* The manifest, and what a run like this cannot show. */
#include <math.h>
#include <string.h>

#include "bench/report/html.h"
#include "bench/report/report_impl.h"

static void print_json(struct report *r, const cJSON *o);

static void print_value(struct report *r, const cJSON *v)
{
    const cJSON *child;
    bool plain = true;

    if (cJSON_IsString(v)) {
        html_text(r->out, v->valuestring);
    } else if (cJSON_IsNumber(v)) {
        html_printf(r->out, "%.10g", v->valuedouble);
    } else if (cJSON_IsBool(v)) {
        fputs(cJSON_IsTrue(v) ? "yes" : "no", r->out);
    } else if (cJSON_IsArray(v)) {
        cJSON_ArrayForEach (child, v)
            plain = plain && !cJSON_IsObject(child);
        cJSON_ArrayForEach (child, v) {
            fputs(child != v->child && plain ? ", " : "", r->out);
            print_value(r, child);
        }
    } else if (cJSON_IsObject(v)) {
        print_json(r, v);
    } else {
        fputs("–", r->out);
    }
}

static void print_json(struct report *r, const cJSON *o)
{
    const cJSON *v;

    fputs("<dl>", r->out);
    cJSON_ArrayForEach (v, o) {
        fputs("<dt>", r->out);
        html_text(r->out, v->string ? v->string : "");
        fputs("</dt><dd>", r->out);
        print_value(r, v);
        fputs("</dd>\n", r->out);
    }
    fputs("</dl>\n", r->out);
}

void report_manifest(struct report *r)
{
    const cJSON *v;

    fputs("<h2 id=\"manifest\">Manifest</h2>\n", r->out);
    if (!r->manifest) {
        fputs("<p class=\"no\">manifest.json is missing or broken: where and "
              "how this was measured is not known.</p>\n",
              r->out);
        return;
    }
    fputs("<p>What would let a stranger repeat the run.</p>\n<dl>", r->out);
    cJSON_ArrayForEach (v, r->manifest) {
        bool shown = strcmp(v->string, "expected") == 0 ||
                     strcmp(v->string, "title") == 0;
        if (shown || cJSON_IsObject(v) || cJSON_IsArray(v))
            continue;
        fputs("<dt>", r->out);
        html_text(r->out, v->string);
        fputs("</dt><dd>", r->out);
        print_value(r, v);
        fputs("</dd>\n", r->out);
    }
    fputs("</dl>\n", r->out);
    cJSON_ArrayForEach (v, r->manifest) {
        if (!cJSON_IsObject(v) && !cJSON_IsArray(v))
            continue;
        fputs("<details><summary>", r->out);
        html_text(r->out, v->string);
        fputs("</summary>\n", r->out);
        print_value(r, v);
        fputs("</details>\n", r->out);
    }
}

void report_limits(struct report *r)
{
    double cores = report_fact(r, "machine", "cores");
    const cJSON *machine = cJSON_GetObjectItem(r->manifest, "machine");
    const cJSON *is_virtual = cJSON_GetObjectItem(machine, "virtual");

    fputs("<h2 id=\"limits\">What this cannot show</h2>\n<ul>\n"
          "<li>All traffic went over loopback: no network card, no driver, no "
          "interrupt on another core, no loss, no distance. The receiver's "
          "part of a send is done, and billed, in the sender's.</li>\n",
          r->out);
    if (isfinite(cores))
        fprintf(r->out,
                "<li>%.0f core%s carried the server and the generator; nothing "
                "here says how a model scales beyond them, nor over several "
                "NUMA nodes.</li>\n",
                cores, cores > 1 ? "s" : "");
    if (cJSON_IsTrue(is_virtual))
        fputs("<li>The machine is virtual: a neighbour can take its CPU time "
              "(steal is measured and voids trials) or its caches (which is "
              "not measured).</li>\n",
              r->out);
    fputs("<li>No TLS, no compression, no logging to disk, no database: where "
          "a handler does such work, look at the slow handlers.</li>\n"
          "<li>Generator and server share one kernel and one clock; that is "
          "what makes one-way latencies exact, and what no deployment "
          "has.</li>\n</ul>\n",
          r->out);
}
