# SPDX-License-Identifier: Apache-2.0
# Puts a file's bytes into a target, between the symbols <symbol>_begin and <symbol>_end.
#
#   embed(<target> <symbol> <file>)
enable_language(ASM)

function(embed target symbol file)
    set(source ${CMAKE_BINARY_DIR}/embedded/${symbol}.S)
    file(CONFIGURE OUTPUT ${source} @ONLY CONTENT [[
.section .rodata
.balign 16
.global @symbol@_begin
@symbol@_begin:
.incbin "@file@"
.global @symbol@_end
@symbol@_end:
.byte 0
.section .note.GNU-stack,"",@progbits
]])
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${file} LANGUAGE ASM)
    target_sources(${target} PRIVATE ${source})
endfunction()
