/* Functions that trap, in code that was inlined and in code that was not. `guest.wat` says how it was compiled. */

static inline int divide(int sum, int count) {
    return sum / count;
}

static inline int mean(const int *numbers, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += numbers[i];
    return divide(sum, count);
}

int share(int sum, int count) {
    return divide(sum, count);
}

int average(const int *numbers, int count) {
    return mean(numbers, count) + 1;
}

void stop(void) {
    __builtin_trap();
}
