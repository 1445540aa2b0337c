/* The loop of a bytecode interpreter: one large switch, a stack, unpredictable jumps. */
#include "kernel.h"

enum { PUSH, LOAD, STORE, ADD, SUB, MUL, AND, XOR, SHIFT, LESS, JUMP_IF, JUMP, DUP, SWAP, HALT };

static NOINLINE uint32_t run(const uint8_t *code, uint32_t *variables) {
    uint32_t stack[32];
    uint32_t *top = stack;
    const uint8_t *at = code;
    for (;;) {
        switch (*at++) {
        case PUSH: *top++ = *at++; break;
        case LOAD: *top++ = variables[*at++]; break;
        case STORE: variables[*at++] = *--top; break;
        case ADD: top--; top[-1] += top[0]; break;
        case SUB: top--; top[-1] -= top[0]; break;
        case MUL: top--; top[-1] *= top[0]; break;
        case AND: top--; top[-1] &= top[0]; break;
        case XOR: top--; top[-1] ^= top[0]; break;
        case SHIFT: top--; top[-1] >>= top[0] & 31; break;
        case LESS: top--; top[-1] = top[-1] < top[0]; break;
        case JUMP_IF: at = *--top ? code + *at : at + 1; break;
        case JUMP: at = code + *at; break;
        case DUP: top[0] = top[-1]; top++; break;
        case SWAP: { uint32_t t = top[-1]; top[-1] = top[-2]; top[-2] = t; break; }
        case HALT: return variables[1];
        default: return 0;
        }
    }
}

int main(void) {
    /* i = variable 0, accumulator = 1, limit = 2: an inner loop with a rare branch. */
    static const uint8_t code[] = {
        /* 0 */ LOAD, 1, LOAD, 0, XOR, PUSH, 33, MUL, DUP, PUSH, 13, SHIFT, ADD, STORE, 1,
        /* 15 */ LOAD, 1, PUSH, 7, AND, PUSH, 3, LESS, JUMP_IF, 32,
        /* 25 */ LOAD, 1, LOAD, 0, SUB, STORE, 1,
        /* 32 */ LOAD, 0, PUSH, 1, ADD, STORE, 0,
        /* 39 */ LOAD, 0, LOAD, 2, LESS, JUMP_IF, 0,
        /* 46 */ HALT,
    };
    uint32_t variables[3] = {0, 1, 12000000};
    return finish(run(code, variables), 0xed171d7e);
}
