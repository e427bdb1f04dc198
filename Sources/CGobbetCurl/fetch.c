#define _POSIX_C_SOURCE 200809L
#include "gobbet_curl.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/// Seconds without an answer, or with fewer than `LEAST_BYTES` in each, after which a transfer ends.
enum { PATIENCE = 30, LEAST_BYTES = 1024, MOST_REDIRECTS = 10 };

/// Where a transfer puts what comes.
typedef struct {
  CURL *curl;
  unsigned char *buffer;
  size_t capacity;
  gobbet_curl_answer *answer;
} target;

/// Copies the value of the header `line` of `length` bytes to `value` if its name is `name`.
static void copy_header(
    const char *line, size_t length, const char *name, char *value, size_t capacity) {
  const size_t named = strlen(name);
  if (length <= named || strncasecmp(line, name, named) != 0 || line[named] != ':') return;
  size_t start = named + 1, end = length;
  while (start < end && (line[start] == ' ' || line[start] == '\t')) start++;
  while (end > start && (unsigned char)line[end - 1] <= ' ') end--;
  size_t count = end - start;
  if (count >= capacity) count = capacity - 1;
  memcpy(value, line + start, count);
  value[count] = 0;
}

/// Takes one line of the headers; each answer, of a redirect too, begins with its status.
static size_t take_header(char *line, size_t size, size_t count, void *context) {
  gobbet_curl_answer *const answer = ((target *)context)->answer;
  const size_t length = size * count;
  if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    answer->content_range[0] = answer->content_encoding[0] = 0;
    answer->etag[0] = answer->last_modified[0] = 0;
  }
  copy_header(line, length, "Content-Range", answer->content_range, sizeof answer->content_range);
  copy_header(
      line, length, "Content-Encoding", answer->content_encoding, sizeof answer->content_encoding);
  copy_header(line, length, "ETag", answer->etag, sizeof answer->etag);
  copy_header(line, length, "Last-Modified", answer->last_modified, sizeof answer->last_modified);
  return length;
}

/// Takes bytes of the body, none of any answer but 206: fewer than it was given ends the transfer.
static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
  target *const target = context;
  gobbet_curl_answer *const answer = target->answer;
  const size_t length = size * count;
  long status = 0;
  curl_easy_getinfo(target->curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 206) return 0;
  if (length > target->capacity - answer->byte_count) {
    answer->failure = GOBBET_CURL_TOO_LONG;
    return 0;
  }
  memcpy(target->buffer + answer->byte_count, bytes, length);
  answer->byte_count += length;
  return length;
}

static gobbet_curl_failure failure(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return GOBBET_CURL_OK;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
      return GOBBET_CURL_NO_ANSWER;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_HTTP2_STREAM:
      return GOBBET_CURL_TORN;
    case CURLE_TOO_MANY_REDIRECTS:
      return GOBBET_CURL_REDIRECT_LOOP;
    case CURLE_UNSUPPORTED_PROTOCOL:
      return GOBBET_CURL_SCHEME;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return GOBBET_CURL_CERTIFICATE;
    default:
      return GOBBET_CURL_OTHER;
  }
}

/// Allows the scheme of `url` alone, so that no redirect leads to another.
static void allow_scheme(CURL *curl, const char *url) {
  const int is_secure = strncasecmp(url, "https:", 6) == 0;
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_secure ? "https" : "http");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, is_secure ? "https" : "http");
#else
  const long scheme = is_secure ? CURLPROTO_HTTPS : CURLPROTO_HTTP;
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS, scheme);
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, scheme);
#endif
}

/// Appends each line of `lines` to `list`; false without memory.
static int append_lines(struct curl_slist **list, const char *lines) {
  while (*lines != 0) {
    const size_t length = strcspn(lines, "\n");
    char *const line = strndup(lines, length);
    struct curl_slist *const longer = line == NULL ? NULL : curl_slist_append(*list, line);
    free(line);
    if (longer == NULL) return 0;
    *list = longer;
    lines += length + (lines[length] == '\n');
  }
  return 1;
}

void *gobbet_curl_make(void) { return curl_easy_init(); }

void gobbet_curl_free(void *transfer) { curl_easy_cleanup(transfer); }

void gobbet_curl_fetch(
    void *transfer, const char *url, const char *range, const char *headers,
    unsigned char *buffer, size_t capacity, gobbet_curl_answer *answer) {
  CURL *const curl = transfer;
  memset(answer, 0, sizeof *answer);
  target target = {curl, buffer, capacity, answer};
  struct curl_slist *list = NULL;
  if (!append_lines(&list, headers)) {
    answer->failure = GOBBET_CURL_OTHER;
    strcpy(answer->message, "no memory");
    curl_slist_free_all(list);
    return;
  }
  // Forgets options, keeps connections.
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  allow_scheme(curl, url);
  curl_easy_setopt(curl, CURLOPT_RANGE, range);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "gobbet");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTS);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)PATIENCE);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)PATIENCE);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)LEAST_BYTES);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &target);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &target);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, answer->message);
  const CURLcode code = curl_easy_perform(curl);
  // The slot that libcurl writes messages to, and the list, end with this call.
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
  curl_slist_free_all(list);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
  if (answer->failure == GOBBET_CURL_OK && code != CURLE_WRITE_ERROR) answer->failure = failure(code);
  if (answer->message[0] == 0 && code != CURLE_OK) {
    strncpy(answer->message, curl_easy_strerror(code), sizeof answer->message - 1);
  }
}
