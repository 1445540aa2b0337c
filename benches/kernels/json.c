/* Parsing JSON text of about one megabyte into a tree: branches on bytes, small allocations. */
#include "kernel.h"

enum kind { NUMBER, STRING, ARRAY, OBJECT, LITERAL };

struct value {
    enum kind kind;
    uint32_t length;
    double number;
    struct value *first, *next;
};

static struct value pool[1 << 18];
static uint32_t used;
static const char *at;

static struct value *parse(void);

static void space(void) {
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static struct value *make(enum kind kind) {
    struct value *value = &pool[used++ & (sizeof pool / sizeof *pool - 1)];
    memset(value, 0, sizeof *value);
    value->kind = kind;
    return value;
}

static struct value *parse_string(void) {
    struct value *value = make(STRING);
    const char *start = ++at;
    while (*at != '"') at += *at == '\\' ? 2 : 1;
    value->length = (uint32_t)(at++ - start);
    return value;
}

static struct value *parse_number(void) {
    struct value *value = make(NUMBER);
    int negative = *at == '-';
    double number = 0, scale = 1;
    at += negative;
    while (*at >= '0' && *at <= '9') number = number * 10 + (*at++ - '0');
    if (*at == '.') {
        at++;
        while (*at >= '0' && *at <= '9') {
            number = number * 10 + (*at++ - '0');
            scale *= 10;
        }
    }
    value->number = (negative ? -number : number) / scale;
    return value;
}

static struct value *parse_items(enum kind kind, char close) {
    struct value *value = make(kind);
    struct value **last = &value->first;
    at++;
    for (space(); *at != close; space()) {
        if (kind == OBJECT) {
            value->length += parse_string()->length;
            space();
            at++;
        }
        *last = parse();
        last = &(*last)->next;
        value->length++;
        space();
        if (*at == ',') at++;
    }
    at++;
    return value;
}

static struct value *parse(void) {
    space();
    switch (*at) {
    case '{': return parse_items(OBJECT, '}');
    case '[': return parse_items(ARRAY, ']');
    case '"': return parse_string();
    case 't': at += 4; return make(LITERAL);
    case 'f': at += 5; return make(LITERAL);
    case 'n': at += 4; return make(LITERAL);
    default: return parse_number();
    }
}

static uint64_t sum(const struct value *value) {
    uint64_t result = value->length * 31 + value->kind + (uint64_t)(int64_t)(value->number * 100);
    for (const struct value *item = value->first; item; item = item->next)
        result = result * 3 + sum(item);
    return result;
}

int main(void) {
    static char text[1 << 20];
    uint64_t seed = 11;
    char *end = text;
    *end++ = '[';
    while (end < text + sizeof text - 300) {
        uint64_t random = next_random(&seed);
        end += sprintf(end,
                       "{\"id\": %u, \"name\": \"item \\\"%u\\\"\", \"price\": -%u.%02u,\n"
                       "  \"tags\": [\"a\", \"bc%u\", true, null, false], \"empty\": {}},",
                       (unsigned)(random & 0xffff), (unsigned)(random >> 16 & 0xfff),
                       (unsigned)(random >> 28 & 0x3ff), (unsigned)(random >> 40) % 100,
                       (unsigned)(random >> 50));
    }
    strcpy(end - 1, "]");
    uint64_t result = 0;
    for (int pass = 0; pass < 240; pass++) {
        used = 0;
        at = text;
        result = result * 5 + sum(parse());
    }
    return finish(result, 0xe4368cdf36bfd690);
}
