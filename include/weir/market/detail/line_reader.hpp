// SPDX-License-Identifier: BSL-1.0
// Copyright (c) 2026 The weir authors

#ifndef WEIR_MARKET_DETAIL_LINE_READER_HPP
#define WEIR_MARKET_DETAIL_LINE_READER_HPP

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace weir::market::detail {

/// Lines of a file, one after another, through a buffer of fixed size.
///
/// C's stdio rather than iostreams, because it says what went wrong: `errno` of the open, and of each read. A line
/// that the buffer cannot hold is an error, so memory is bounded whatever the file is, and a last line without a line
/// end is an error, since nobody can tell whether it is whole.
class line_reader {
public:
    /// How a call of `next` ended.
    enum class outcome : std::uint8_t { line, end, unterminated, too_long, failed };

    /// The longest line in bytes, its line end included.
    static constexpr std::size_t max_line_size = std::size_t{1} << 16U;

    /// Opens the file; `error()` says whether that failed.
    explicit line_reader(std::string const& path) : file_(std::fopen(path.c_str(), "rb")) {
        if (file_ == nullptr)
            error_ = std::generic_category().message(errno);
        else
            std::setvbuf(file_.get(), nullptr, _IONBF, 0); // the buffer here is the only one
    }

    /// Moves on to the next line, and on success makes it `line()`. After the end it stays the end.
    outcome next() {
        while (true) {
            auto const* const start = buffer_.data() + begin_;
            if (auto const* const stop = find_line_end()) {
                line_ = {start, static_cast<std::size_t>(stop - start)};
                begin_ += line_.size() + 1;
                return outcome::line;
            }
            if (end_ - begin_ == max_line_size)
                return outcome::too_long;
            if (!fill())
                return !error_.empty()  ? outcome::failed
                       : begin_ == end_ ? outcome::end
                                        : outcome::unterminated;
        }
    }

    /// The current line without its line end, until the next call of `next` or until this object goes or moves.
    [[nodiscard]] std::string_view line() const noexcept { return line_; }

    /// Why the file could not be opened or read; empty if nothing went wrong.
    [[nodiscard]] std::string const& error() const noexcept { return error_; }

private:
    struct closer {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); } // read only: nothing to lose
    };

    char const* find_line_end() const noexcept {
        return static_cast<char const*>(std::memchr(buffer_.data() + begin_, '\n', end_ - begin_));
    }

    // Reads on behind what is not used up; false at the end of the file and on an error.
    bool fill() {
        if (!error_.empty())
            return false;
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        while (true) {
            errno = 0;
            auto const count = std::fread(buffer_.data() + end_, 1, max_line_size - end_, file_.get());
            end_ += count;
            if (count != 0)
                return true;
            if (std::ferror(file_.get()) == 0)
                return false;
            if (errno != EINTR) {
                error_ = std::generic_category().message(errno);
                return false;
            }
            std::clearerr(file_.get()); // a signal came while a pipe was waited for
        }
    }

    std::unique_ptr<std::FILE, closer> file_;                     // null if it could not be opened
    std::vector<char> buffer_ = std::vector<char>(max_line_size); // [begin_, end_) is read and not used up
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::string_view line_;
    std::string error_;
};

} // namespace weir::market::detail

#endif
