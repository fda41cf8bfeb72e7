/*
 * Checks the head of a request after uWebSockets has parsed it; scripts/build/native-head.mjs installs it. It refuses everything
 * that another parser could understand differently (RFC 9112, 11.2) and that the code above the parser cannot see.
 *
 *   gcc                   $FLAGS -fcf-protection=none -c native-head.c
 *   aarch64-linux-gnu-gcc $FLAGS -c native-head.c
 *   FLAGS: -Os -ffreestanding -fno-builtin -fno-stack-protector -fno-asynchronous-unwind-tables -fno-jump-tables -fPIC
 *          -fno-tree-loop-distribute-patterns -fno-tree-vectorize
 *
 * The section .text of each is the code; its one relocation is the call of getHeaders.
 */
typedef unsigned long u64;
typedef unsigned int u32;

/* std::string_view of libstdc++, and HttpRequest::Header. */
struct view { u64 length; const char *data; };
struct field { struct view name, value; };

/* HttpResponseData keeps its state directly before the parser of the PROXY protocol. */
#define STATE (-4)
#define HTTP_CONNECTION_CLOSE 16
#define HTTP_ERROR_400_BAD_REQUEST 3

/*
 * Fills fields with the request line and the fields, with names in lower case, followed by one whose name has no data.
 * Returns the size of the head, or 0 if it is incomplete or, with *error set, malformed.
 */
u32 getHeaders(char *start, char *end, struct field *fields, char *proxy, u32 *error)
    __attribute__((visibility("hidden")));

static inline u64 load(const char *at) { u64 word; __builtin_memcpy(&word, at, 8); return word; }
static inline int isBlank(char c) { return c == ' ' || c == '\t'; }

static inline int isContentLength(const struct view *name) {
  const char *c = name->data;
  return name->length == 14 && load(c) == 0x2d746e65746e6f63 && load(c + 6) == 0x6874676e656c2d74;
}

static inline int isTransferEncoding(const struct view *name) {
  const char *c = name->data;
  return name->length == 17 && load(c) == 0x726566736e617274 && load(c + 8) == 0x6e69646f636e652d && c[16] == 'g';
}

static inline int isConnection(const struct view *name) {
  const char *c = name->data;
  return name->length == 10 && load(c) == 0x697463656e6e6f63 && c[8] == 'o' && c[9] == 'n';
}

/* The member "close" of a list, in any case; 0 without one. */
static inline const char *findClose(const char *c, const char *end) {
  while (c < end) {
    while (c < end && (isBlank(*c) || *c == ',')) c++;
    const char *member = c;
    while (c < end && *c != ',') c++;
    const char *last = c;
    while (last > member && isBlank(last[-1])) last--;
    if (last - member == 5 && (member[0] | 32) == 'c' && (member[1] | 32) == 'l' && (member[2] | 32) == 'o' &&
        (member[3] | 32) == 's' && (member[4] | 32) == 'e')
      return member;
  }
  return 0;
}

u32 readHead(char *start, char *end, struct field *fields, char *proxy, u32 *error) {
  /* Data after the last request of a connection is not a request (RFC 9112, 9.6). */
  if (proxy[STATE] & HTTP_CONNECTION_CLOSE) return 0;
  u32 bytes = getHeaders(start, end, fields, proxy, error);
  if (bytes == 0) return 0;
  struct field *connection = 0;
  const char *close = 0;
  for (struct field *field = fields + 1; field->name.data; field++) {
    /* Every lookup stops at a field without a name, so later fields would not count. */
    if (field->name.length == 0) goto malformed;
    /* A value is trimmed by SP and HTAB alone (RFC 9110, 5.5); the parser trims bytes from 0x80, too, where char is signed. */
    const char *value = field->name.data + field->name.length + 1;
    while (isBlank(*value)) value++;
    const char *behind = field->value.data + field->value.length;
    if (behind < value) behind = value;
    while (*behind != '\r') behind++;
    while (behind > value && isBlank(behind[-1])) behind--;
    field->value.data = value;
    field->value.length = behind - value;
    /* An empty one counts as absent, and hides the next of its name. */
    if (value == behind && (isContentLength(&field->name) || isTransferEncoding(&field->name))) goto malformed;
    /* The parser checks only the first field of this name, and only its first five letters. */
    if (isConnection(&field->name)) {
      if (!connection) connection = field;
      const char *found = findClose(value, behind);
      if (found) close = found;
    }
  }
  if (close) {
    connection->value.data = close;
    connection->value.length = 5;
  }
  return bytes;
malformed:
  *error = HTTP_ERROR_400_BAD_REQUEST;
  return 0;
}
