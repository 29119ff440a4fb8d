#include "CRegexSet.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <queue>
#include <string>
#include <vector>

namespace {

/// Finds which of many literals a text holds: Aho and Corasick's automaton with its failure links
/// folded into one transition table, over classes of bytes instead of bytes.
class LiteralFinder {
public:
    explicit LiteralFinder(const std::vector<std::string> &literals) {
        class_of_.fill(0);
        for (const auto &literal : literals) {
            for (unsigned char byte : literal) {
                if (class_of_[byte] == 0) class_of_[byte] = static_cast<uint16_t>(classes_++);
            }
        }
        // Text is searched as if it were lower case: the literals are.
        for (int byte = 'A'; byte <= 'Z'; ++byte) class_of_[byte] = class_of_[byte + 32];
        add_state();
        for (size_t index = 0; index < literals.size(); ++index) insert(literals[index], static_cast<int>(index));
        link();
    }

    /// Calls `body` with the index of every literal found, and where it ends, once or more each.
    template <typename Body>
    void find(const char *text, size_t length, Body body) const {
        int32_t state = 0;
        for (size_t index = 0; index < length; ++index) {
            state = next_[static_cast<size_t>(state) * classes_ + class_of_[static_cast<unsigned char>(text[index])]];
            for (int32_t at = ends_[state] >= 0 ? state : shorter_[state]; at > 0; at = shorter_[at]) body(ends_[at], index + 1);
        }
    }

private:
    std::array<uint16_t, 256> class_of_;
    size_t classes_ = 1;  // Class 0: bytes that no literal has.
    std::vector<int32_t> next_;
    std::vector<int32_t> ends_;     // The literal that ends in a state, or -1.
    std::vector<int32_t> shorter_;  // The longest proper suffix state in which one ends, or 0.

    int32_t add_state() {
        next_.resize(next_.size() + classes_, -1);
        ends_.push_back(-1);
        shorter_.push_back(0);
        return static_cast<int32_t>(ends_.size() - 1);
    }

    void insert(const std::string &literal, int index) {
        int32_t state = 0;
        for (unsigned char byte : literal) {
            size_t at = static_cast<size_t>(state) * classes_ + class_of_[byte];
            if (next_[at] < 0) {
                int32_t made = add_state();
                next_[at] = made;
            }
            state = next_[at];
        }
        ends_[state] = index;
    }

    void link() {
        std::vector<int32_t> failure(ends_.size(), 0);
        std::queue<int32_t> states;
        for (size_t symbol = 0; symbol < classes_; ++symbol) {
            int32_t &to = next_[symbol];
            if (to < 0) to = 0;
            if (to > 0) states.push(to);
        }
        while (!states.empty()) {
            int32_t state = states.front();
            states.pop();
            shorter_[state] = ends_[failure[state]] >= 0 ? failure[state] : shorter_[failure[state]];
            for (size_t symbol = 0; symbol < classes_; ++symbol) {
                int32_t &to = next_[static_cast<size_t>(state) * classes_ + symbol];
                int32_t fallback = next_[static_cast<size_t>(failure[state]) * classes_ + symbol];
                if (to < 0) {
                    to = fallback;
                } else {
                    failure[to] = fallback;
                    states.push(to);
                }
            }
        }
    }
};

// The shortest literal worth looking for, and the memory that one expression may use for its automata:
// of the values measured these were the fastest that refuse no expression of uap-core's list.
constexpr int kShortestLiteral = 2;
constexpr int64_t kMemoryPerExpression = 256 << 10;
// Lists of a hundred names in one expression need more, or RE2 falls back to what is twenty times slower.
constexpr int64_t kMemoryPerLongExpression = 2 << 20;
constexpr size_t kLongExpression = 1000;

// Bytes that the expressions of one search may read between them. Of real user agents the one that holds pieces of
// most expressions asks for a third of that; who puts pieces of hundreds into two kilobytes is no browser.
constexpr size_t kMostBytesRead = 64 << 10;

}  // namespace

struct CRegexSet {
    re2::FilteredRE2 expressions{kShortestLiteral};
    std::vector<int> index_of;  // The list's index of an expression that was taken.
    LiteralFinder *literals = nullptr;

    ~CRegexSet() { delete literals; }
};

CRegexSet *regex_set_create(const CRegexPattern *patterns, size_t count, size_t *refused) {
    auto *set = new CRegexSet;
    *refused = 0;
    for (size_t index = 0; index < count; ++index) {
        re2::RE2::Options options;
        options.set_encoding(re2::RE2::Options::EncodingLatin1);
        options.set_case_sensitive(!patterns[index].ignores_case);
        bool is_long = patterns[index].length >= kLongExpression;
        options.set_max_mem(is_long ? kMemoryPerLongExpression : kMemoryPerExpression);
        options.set_log_errors(false);
        int id = 0;
        auto result = set->expressions.Add(re2::StringPiece(patterns[index].bytes, patterns[index].length), options, &id);
        if (result == re2::RE2::NoError) {
            set->index_of.push_back(static_cast<int>(index));
        } else {
            ++*refused;
        }
    }
    std::vector<std::string> literals;
    if (!set->index_of.empty()) set->expressions.Compile(&literals);
    set->literals = new LiteralFinder(literals);
    return set;
}

void regex_set_free(CRegexSet *set) { delete set; }

int regex_set_first_match(const CRegexSet *set, const char *text, size_t length, int *groups, size_t group_count) {
    if (set->index_of.empty() || text == nullptr) return -1;
    // Reused from call to call: a search allocates only while these grow.
    thread_local std::vector<int> literals;
    thread_local std::vector<int> candidates;
    thread_local std::vector<re2::StringPiece> matches;
    literals.clear();
    candidates.clear();
    matches.assign(std::max<size_t>(group_count, 1), re2::StringPiece());
    set->literals->find(text, length, [](int literal, size_t) { literals.push_back(literal); });
    std::sort(literals.begin(), literals.end());
    literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
    set->expressions.AllPotentials(literals, &candidates);
    std::sort(candidates.begin(), candidates.end());
    size_t most = kMostBytesRead / std::max<size_t>(length, 1);
    if (candidates.size() > most) candidates.resize(most);
    re2::StringPiece piece(text, length);
    for (int candidate : candidates) {
        const re2::RE2 &expression = set->expressions.GetRE2(candidate);
        int wanted = std::min(static_cast<int>(group_count), 1 + expression.NumberOfCapturingGroups());
        if (!expression.Match(piece, 0, length, re2::RE2::UNANCHORED, matches.data(), wanted)) continue;
        for (size_t group = 0; group < group_count; ++group) {
            bool took_part = static_cast<int>(group) < wanted && matches[group].data() != nullptr;
            groups[2 * group] = took_part ? static_cast<int>(matches[group].data() - text) : -1;
            groups[2 * group + 1] =
                took_part ? static_cast<int>(matches[group].data() - text + matches[group].size()) : -1;
        }
        return set->index_of[candidate];
    }
    return -1;
}

struct CLiteralSet {
    LiteralFinder finder;
    std::vector<size_t> token_lengths;  // Of literals that must begin a token; 0 for the others.
};

namespace {

enum class Kind { letter, digit, other };

Kind kind_of(char byte) {
    if (byte >= '0' && byte <= '9') return Kind::digit;
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ? Kind::letter : Kind::other;
}

}  // namespace

CLiteralSet *literal_set_create(const CRegexPattern *literals, size_t count) {
    std::vector<std::string> copies;
    std::vector<size_t> token_lengths;
    for (size_t index = 0; index < count; ++index) {
        const CRegexPattern &literal = literals[index];
        copies.emplace_back(literal.bytes, literal.length);
        bool is_token = literal.begins_token && kind_of(literal.bytes[0]) != Kind::other;
        token_lengths.push_back(is_token ? literal.length : 0);
    }
    return new CLiteralSet{LiteralFinder(copies), token_lengths};
}

void literal_set_free(CLiteralSet *set) { delete set; }

void literal_set_find(const CLiteralSet *set, const char *text, size_t length, uint64_t *found) {
    if (text == nullptr) return;
    set->finder.find(text, length, [set, text, found](int literal, size_t end) {
        size_t start = end - set->token_lengths[literal];
        // One that may stand anywhere has length 0 here: nothing to look at.
        bool is_inside = start < end && start > 0 && kind_of(text[start - 1]) == kind_of(text[start]);
        if (!is_inside) found[literal / 64] |= uint64_t{1} << (literal % 64);
    });
}
