/*
 * A worker in C++: the most frequent word of every line, and how often it stands there.
 *
 *     c++ -O2 -shared -fPIC -o libwords.so words.cc
 *     smap --procs auto --worker ./libwords.so:words < text
 *
 * No exception may leave the function: smap is not written in C++.
 */
#include <smap.h>

#include <exception>
#include <map>
#include <sstream>
#include <string>

static std::string most_frequent(const std::string &line)
{
    std::istringstream in(line);
    std::map<std::string, unsigned> count;
    std::string word, best;

    while (in >> word)
        if (++count[word] > count[best])
            best = word;
    std::ostringstream out;

    out << best << '\t' << count[best];
    return out.str();
}

SMAP_WORKER(words)
{
    try {
        std::string result = most_frequent(std::string(task->text, task->length));

        return smap_emit(smap, result.data(), result.size());
    } catch (const std::exception &e) {
        return smap_error(smap, e.what());
    }
}
