meta:
  id: gobbet
  title: Gobbet container
  application: Gobbet
  file-extension: gobbet
  license: Apache-2.0
  encoding: UTF-8
  endian: le
  ks-version: 0.8
doc: |
  The sections of a .gobbet file, in all of its generations. Kaitai Struct can't express some of the format,
  which is left to the program: checksums, digests, the bounds of numbers, the zstd frames of sections with
  codec 1, and where the last trailer is after an append that did not end.
doc-ref: Container.md
seq:
  - id: header
    type: header
instances:
  trailer:
    pos: _io.size - 64
    type: trailer
types:
  version:
    seq:
      - id: major
        type: u2
      - id: minor
        type: u2
      - id: least_reader
        type: u2
      - id: reserved
        contents: [0, 0]
  header:
    seq:
      - id: magic
        contents: [0x97, 0x47, 0x42, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]
      - id: version
        type: version
      - id: profile
        type: u4
        enum: profile
      - id: flags
        contents: [0, 0, 0, 0]
      - id: ofs_table
        contents: [0, 0, 0, 0, 0, 0, 0, 0]
      - id: reserved
        contents: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
      - id: checksum
        type: u4
  trailer:
    seq:
      - id: magic
        contents: [0x47, 0x42, 0x54, 0x45, 0x4e, 0x44, 0x0d, 0x0a]
      - id: ofs_table
        type: u8
      - id: len_table
        type: u8
      - id: table_checksum
        type: u4
      - id: reserved
        contents: [0, 0, 0, 0]
      - id: ofs_previous
        type: u8
      - id: version
        type: version
      - id: reserved2
        contents: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
      - id: checksum
        type: u4
    instances:
      table:
        pos: ofs_table
        size: len_table
        type: table
      previous:
        doc: The trailer of the generation before.
        pos: ofs_previous
        type: trailer
        if: ofs_previous != 0
  table:
    seq:
      - id: magic
        contents: TABL
      - id: num_entries
        type: u4
      - id: len_table
        type: u8
      - id: entries
        type: entry
        repeat: expr
        repeat-expr: num_entries
  shared:
    doc: What the header of a section and its entry in the table both say.
    seq:
      - id: kind
        type: str
        size: 4
        encoding: ASCII
      - id: codec
        type: u1
        enum: codec
      - id: alignment
        type: u1
      - id: len_name
        type: u2
      - id: len_block
        type: u4
      - id: len_stored
        type: u8
      - id: len_decoded
        type: u8
      - id: block_table_checksum
        type: u4
    instances:
      num_blocks:
        value: (len_decoded + len_block - 1) / len_block
  entry:
    seq:
      - id: shared
        type: shared
      - id: ofs_section
        type: u8
      - id: reserved
        contents: [0, 0, 0, 0, 0, 0, 0, 0]
      - id: digest
        size: 32
      - id: name
        type: str
        size: shared.len_name
    instances:
      section:
        io: _root._io
        pos: ofs_section
        type: section(ofs_section)
  section:
    params:
      - id: ofs_section
        type: u8
    seq:
      - id: magic
        contents: SECT
      - id: shared
        type: shared
      - id: name_checksum
        type: u4
      - id: reserved
        contents: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
      - id: checksum
        type: u4
      - id: name
        type: str
        size: shared.len_name
      - id: padding
        size: ofs_payload - ofs_section - 64 - shared.len_name
      - id: payload
        size: shared.len_stored
      - id: blocks
        type: block
        repeat: expr
        repeat-expr: shared.num_blocks
    instances:
      ofs_payload:
        value: >-
          (ofs_section + 64 + shared.len_name + (1 << shared.alignment) - 1)
          >> shared.alignment << shared.alignment
  block:
    seq:
      - id: len_stored
        type: u4
      - id: checksum
        type: u4
enums:
  profile:
    1: vocabulary
    2: tokens
    3: weights
    4: bundle
    5: counts
  codec:
    0: raw
    1: zstd
