// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// Only read, by the tests of check_readme.cmake; not built.

#include <iostream>

int twice(int x)
{
    return 2 * x;
}

int main()
{
    auto list = {1, 2, 3}; // indented in the file

    std::cout << twice(list.size()) << "\n";
    std::cout << "a [bracket], a semicolon; a \"quote\"\n";
}
