/* SPDX-License-Identifier: MIT */
/* The catalogue of messages, English and Korean side by side, and the language in force.
 *
 * Messages live in messages/<layer>.def as rows M(IDENT, "English", "Korean"). Placeholders are
 * {1} to {9}: values are passed as texts that were formatted before, so a translation may order
 * them as its grammar wants and no format string is ever wrong. {one|many} is the first form behind
 * the number 1, the second behind any other: "{1} connection{|s}". */
#ifndef TCPTOP_TEXT_TEXT_H
#define TCPTOP_TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

enum language { LANG_EN, LANG_KO, LANG_COUNT };

enum msg {
#define M(ident, en, ko) MSG_##ident,
#include "tcptop/text/messages/all.def"
#undef M
    MSG_COUNT
};

/** The language in force, one for the process; safe from any thread. English at start. */
enum language text_language(void);
void text_use(enum language language);

/** The language's code: "en", "ko". For tests. */
const char *text_language_code(enum language language);

/** A message in the language in force; static storage, never NULL. */
const char *text(enum msg id);
const char *text_in(enum language language, enum msg id);

/** What an error number (either sign) means, in the language in force; strerror() tells those that
 *  the catalogue does not have. */
const char *text_error(int errnum);
const char *text_error_in(enum language language, int errnum);

/** The identifier of a message, for tests. */
const char *text_ident(enum msg id);

/* Times as every part of the program shows them: table, details, pane, header, doctor, printed
 * text. Only these four write a time with its unit, so that it reads alike everywhere. What
 * base/fmt.h writes is English, "52 s", "93min", "47 h". In Korean a second and more has its unit
 * in Hangul right behind the number, "52초", "93분", "47시간", in narrow columns, too: 초 and 분
 * take no more columns than a blank and a letter, only 시간 takes two more. Below a second the
 * symbols stay, "0.32 ms", "12 us", as Korean operators write them. `size` FMT_SIZE is enough. Each
 * returns `out`. */

/** A duration: "0.7 s", "0.7초"; see fmt_duration(). */
char *text_duration(char *out, size_t size, uint64_t ms);

/** A time as measured: "8.5 ms", "1.20초"; see fmt_latency(). */
char *text_latency(char *out, size_t size, uint64_t us);

/** An interval: "1.0 s", "1.0초"; see fmt_interval(). */
char *text_interval(char *out, size_t size, uint64_t ms);

/** What a sample costs: "3 ms", "1.1초"; see fmt_cost(). */
char *text_cost(char *out, size_t size, int64_t ns);

/** Append the message with {1} to {9} replaced by the texts that follow, closed by NULL. A
 *  placeholder without a value becomes "–". */
void text_fill(struct str *out, enum msg id, ...) __attribute__((sentinel));

/** The same for any template, e.g. a state's text. */
void text_fill_template(struct str *out, const char *template, ...) __attribute__((sentinel));

/** Where `template` begins with {one|many}, append the form that goes with the last number in
 * `out`. Returns the length of that in the template; 0: it is none, nothing was appended. */
size_t text_add_form(struct str *out, const char *template);

/** The language named by a locale name ("ko_KR.UTF-8" → Korean), English for all else. */
enum language text_language_of_locale(const char *locale);

#endif
