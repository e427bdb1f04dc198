/// One range of a file by HTTP, fetched by libcurl, whose options C alone can set.
///
/// A transfer belongs to one thread at a time, and keeps its connections from one range to the next.
/// Redirects are followed, ten at most, to the scheme of the first URL; a header `Authorization`, and the
/// user of a URL, go to its host only. An answer that isn't 206 is left after its headers.
#ifndef GOBBET_CURL_H
#define GOBBET_CURL_H

#include <stdbool.h>
#include <stddef.h>

/// What kept an answer from coming whole.
typedef enum {
  GOBBET_CURL_OK,
  /// No answer: no host, no connection, nothing for 30 seconds.
  GOBBET_CURL_NO_ANSWER,
  /// The answer ended before its last byte.
  GOBBET_CURL_TORN,
  /// The answer has more bytes than there is room for.
  GOBBET_CURL_TOO_LONG,
  /// More than ten redirects.
  GOBBET_CURL_REDIRECT_LOOP,
  /// A redirect to another scheme, or a URL that is neither HTTP nor HTTPS.
  GOBBET_CURL_SCHEME,
  /// The certificate of the server is refused.
  GOBBET_CURL_CERTIFICATE,
  /// Anything else: `message` says what.
  GOBBET_CURL_OTHER,
} gobbet_curl_failure;

/// An answer, but for its body. Texts end in a zero byte, are empty where the header is missing, and are
/// cut where they are longer.
typedef struct {
  gobbet_curl_failure failure;
  /// libcurl's words for the failure.
  char message[256];
  /// The status of the last answer; 0 without one.
  long status;
  /// Bytes that were written to the buffer.
  size_t byte_count;
  char content_range[128];
  char content_encoding[32];
  char etag[512];
  char last_modified[64];
} gobbet_curl_answer;

/// A transfer; null without memory.
void *gobbet_curl_make(void);

/// Frees a transfer.
void gobbet_curl_free(void *transfer);

/// Fetches the range `first-last` of `url`, with `headers`: lines as `Name: value`, parted by line feeds.
///
/// At most `capacity` bytes are written to `buffer`. `answer` is filled in any case.
void gobbet_curl_fetch(
    void *transfer, const char *url, const char *range, const char *headers,
    unsigned char *buffer, size_t capacity, gobbet_curl_answer *answer);

#endif
