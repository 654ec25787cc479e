/* Language and characters, from the environment and the settings. */
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "tcptop/app/settings.h"

/* The locale's name as setlocale() would choose it; "" when the environment names none. */
static const char *named_locale(const char *category)
{
    const char *names[] = {"LC_ALL", category, "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return "";
}

static bool names_utf8(const char *locale)
{
    const char *charset = strchr(locale, '.');
    return charset &&
           (strncasecmp(charset, ".utf-8", 6) == 0 || strncasecmp(charset, ".utf8", 5) == 0);
}

bool settings_locale(void)
{
    const char *chosen = setlocale(LC_CTYPE, "");
    const bool utf8 =
        chosen ? strcmp(nl_langinfo(CODESET), "UTF-8") == 0 : names_utf8(named_locale("LC_CTYPE"));
    /* Only the encoding is wanted: in Turkish, TIMEWAIT is not timewait in another case. */
    if (utf8)
        setlocale(LC_CTYPE, "C.UTF-8");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* A Linux console has no Hangul. */
static bool linux_console(void)
{
    const char *term = getenv("TERM");
    return term && strncmp(term, "linux", 5) == 0 && isatty(STDOUT_FILENO);
}

enum language settings_language(const struct settings *s, bool utf8)
{
    const bool prints = s->mode != MODE_LIVE && s->mode != MODE_LEARN;
    if (s->language >= 0 && (utf8 || prints))
        return (enum language)s->language;
    if (!utf8 || linux_console())
        return LANG_EN;
    return text_language_of_locale(named_locale("LC_MESSAGES"));
}
