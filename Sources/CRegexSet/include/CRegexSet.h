#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// An ordered list of regular expressions that are searched for together.
///
/// RE2's FilteredRE2 says which literal pieces a text must hold for each expression; one
/// Aho-Corasick automaton finds all of them in one pass, and only the expressions left are tried.
/// Text and patterns are bytes (Latin-1), so any input is fine. Searching changes nothing: threads may share a set.
typedef struct CRegexSet CRegexSet;

typedef struct {
    const char *_Nonnull bytes;
    size_t length;
    /// Whether an expression is found in any case.
    bool ignores_case;
    /// Whether a literal counts only where a token begins: with no letter before its first letter, no digit before
    /// its first digit.
    bool begins_token;
} CRegexPattern;

/// Makes a set. Patterns that RE2 refuses are left out, and their number is stored in `refused`.
CRegexSet *_Nonnull regex_set_create(const CRegexPattern *_Nonnull patterns, size_t count, size_t *_Nonnull refused);

void regex_set_free(CRegexSet *_Nonnull set);

/// The index of the first pattern, in the list's order, that is found in the text; -1 when none is.
///
/// `groups` receives start and end of up to `group_count` groups, the whole match being the first;
/// a group that took no part is -1, -1. Of a long text that holds pieces of very many expressions, only the first
/// of these are tried.
int regex_set_first_match(const CRegexSet *_Nonnull set, const char *_Nullable text, size_t length,
                          int *_Nonnull groups, size_t group_count);

/// Literals that are searched for together, in one pass and without regard to ASCII case.
typedef struct CLiteralSet CLiteralSet;

/// Makes a set of literals, all different, not empty and in lower case.
CLiteralSet *_Nonnull literal_set_create(const CRegexPattern *_Nonnull literals, size_t count);

void literal_set_free(CLiteralSet *_Nonnull set);

/// Sets bit `i` of `found` for each literal `i` that the text holds where it counts; `found` has a bit for every literal.
void literal_set_find(const CLiteralSet *_Nonnull set, const char *_Nullable text, size_t length,
                      uint64_t *_Nonnull found);

#ifdef __cplusplus
}
#endif
