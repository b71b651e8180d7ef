// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

// compile: what it costs to compile a file that includes a header of weir, beside a file with only those headers of Boost
// that weir includes for it. Seconds of the processor, so that others on the machine hardly matter, and peak memory.

#include "support/measure.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace {

using namespace bench;
namespace fs = std::filesystem;

/// What follows the last seen #include of a line in angle brackets, or nothing.
std::string included_by(std::string const& line) {
    constexpr char const* directive = "#include <";
    if (!line.starts_with(directive))
        return {};
    auto const begin = std::string(directive).size();
    return line.substr(begin, line.find('>') - begin);
}

/// The headers of Boost that `header` and the headers of weir below it include.
void collect(fs::path const& header, std::set<fs::path>& seen, std::set<std::string>& boost) {
    fs::path const path = fs::path(WEIR_BENCH_INCLUDE) / header;
    if (!seen.insert(header).second)
        return;
    std::ifstream in(path);
    verify(in.is_open(), "a header of weir is missing");
    for (std::string line; std::getline(in, line);) {
        std::string const name = included_by(line);
        if (name.starts_with("weir/"))
            collect(name, seen, boost);
        else if (name.starts_with("boost/"))
            boost.insert(name);
    }
}

/// Where the files to compile are; gone with the program.
class work_place {
public:
    work_place() {
        std::string name = (fs::temp_directory_path() / "weir_bench_XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "mkdtemp");
        path_ = name;
    }

    work_place(work_place const&) = delete;

    ~work_place() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    fs::path write(std::string const& name, std::set<std::string> const& headers) const {
        fs::path const file = path_ / (name + ".cpp");
        std::ofstream out(file);
        for (std::string const& header : headers) // a newer Boost may have what this one has not
            out << "#if __has_include(<" << header << ">)\n#include <" << header << ">\n#endif\n";
        out << "int main() {}\n";
        return file;
    }

private:
    fs::path path_;
};

/// Compiles a file without keeping what comes of it.
std::vector<figure> compile(fs::path const& file) {
    pid_t const child = ::fork();
    if (child == 0) {
        ::execlp(WEIR_BENCH_COMPILER, WEIR_BENCH_COMPILER, "-std=c++20", "-O0", "-I", WEIR_BENCH_INCLUDE,
                 "-c", "-o", "/dev/null", file.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = -1;
    rusage used{};
    verify(child > 0 && ::wait4(child, &status, 0, &used) == child, "no compiler was started");
    verify(WIFEXITED(status) && WEXITSTATUS(status) == 0, "it does not compile");
    auto const seconds = [](timeval t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return {{"", "s", seconds(used.ru_utime) + seconds(used.ru_stime)},
            {"", "MiB", static_cast<double>(used.ru_maxrss) / 1024}};
}

} // namespace

int main(int argc, char** argv) {
    work_place const place;
    suite all;
    for (std::string const name : {"mpsc", "select", "task", "weir"}) {
        std::string const header = "weir/" + name + ".hpp";
        std::set<fs::path> seen;
        std::set<std::string> boost;
        collect(header, seen, boost);
        auto const with_weir = place.write(name, {header});
        auto const with_boost = place.write(name + "_boost", boost);
        all.add("compile", header, "weir", [with_weir](effort) { return compile(with_weir); });
        all.add("compile", header, "asio headers", [with_boost](effort) { return compile(with_boost); });
    }
    return all.run(argc, argv);
}
