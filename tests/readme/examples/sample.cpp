// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Only read, by the tests of check_readme.cmake; not built.

#include <initializer_list>
#include <iostream>

int sum(std::initializer_list<int> values) {
    int result = 0;
    for (int value : values)
        result += value;
    return result;
}

int main() {
    auto list = {1, 2, 3}; // indented in the file

    std::cout << sum(list) << "\n";
    std::cout << "a [bracket], a semicolon; a \"quote\"\n";
}
