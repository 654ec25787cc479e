/* Words that were set into lines, on standard output. */
#include <string.h>

#include "tcptop/base/utf8.h"
#include "tcptop/explain/explain.h"
#include "tcptop/output/output.h"

void print_glyphs(struct sink *out, const char *text, bool ascii)
{
    if (!ascii) {
        sink_add(out, text);
        return;
    }
    for (size_t at = 0, len = strlen(text); at < len;) {
        uint32_t cp;
        char one[8] = "";
        const size_t n = utf8_decode(text + at, len - at, &cp);
        memcpy(one, text + at, n);
        sink_add(out, glyph_ascii(one));
        at += n;
    }
}

void print_words_line(struct sink *out, const struct explain_text *words, uint32_t line, bool ascii)
{
    const struct explain_line *runs = &words->lines[line];
    for (uint32_t i = runs->first; i < runs->first + runs->count; i++)
        print_glyphs(out, words->runs[i].text, ascii);
    sink_add(out, "\n");
}
