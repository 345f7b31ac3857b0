# strataform_library(), strataform_program(), strataform_test() and strataform_bench(): one call makes one target.
#
# Each takes SOURCES and LINKS, the library PRIVATE_LINKS too. A target that links strataform::torch, directly or
# through another folder, is cold: LibTorch computes, its own code calls. Such targets share one precompiled header and
# -O1, with which LibTorch's templates compile in two thirds of the time.
#
# The sources of a target are compiled in batches (CMAKE_UNITY_BUILD): what each of them instantiates is compiled once.
# Names in anonymous namespaces must therefore be unique in a folder; scripts/lint.sh compiles each source alone.

# -fPIC everywhere, instead of CMake's -fPIE for programs: a precompiled header serves only one of the two.
set(strataform_warnings -Wall -Wextra -Wpedantic -Wshadow -fPIC)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # gcc 12 gives these falsely for the standard library's own string functions (gcc bugs 105329 and 105651).
  list(APPEND strataform_warnings -Wno-restrict -Wno-stringop-overflow)
  # Other compilers have warnings of their own; a user's build is not to end with them.
  if(STRATAFORM_WERROR)
    list(APPEND strataform_warnings -Werror)
  endif()
endif()
# What a CUDA compiler writes for the host's does not stand up to these warnings.
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:${strataform_warnings}>" "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-fPIC>")

configure_file("${PROJECT_SOURCE_DIR}/src/strataform/core/version.h.in"
               "${PROJECT_BINARY_DIR}/generated/strataform/core/version.h" @ONLY)

# Only for Release: the other configurations say themselves how much is optimised.
set(strataform_cold_options "$<$<CONFIG:Release>:-O1>")

if(TARGET strataform::torch)
  file(WRITE "${PROJECT_BINARY_DIR}/generated/torch_pch.cpp.new" "// Only the precompiled header of this target counts.\n")
  file(COPY_FILE "${PROJECT_BINARY_DIR}/generated/torch_pch.cpp.new" "${PROJECT_BINARY_DIR}/generated/torch_pch.cpp"
       ONLY_IF_DIFFERENT)
  add_library(strataform_torch_pch OBJECT "${PROJECT_BINARY_DIR}/generated/torch_pch.cpp")
  target_link_libraries(strataform_torch_pch PRIVATE strataform::torch fmt::fmt-header-only nlohmann_json::nlohmann_json
                                                     Threads::Threads)
  target_compile_options(strataform_torch_pch PRIVATE ${strataform_cold_options})
  target_precompile_headers(strataform_torch_pch PRIVATE <torch/torch.h> <fmt/format.h> <fmt/ranges.h>
                                                         <nlohmann/json.hpp>)
endif()

# Makes a target cold where one of the links in the other arguments leads to LibTorch.
function(strataform_cool target)
  foreach(link IN LISTS ARGN)
    if(NOT TARGET ${link})
      message(FATAL_ERROR "${target}: ${link} is not a target yet; STRATAFORM_FOLDERS must name it, and earlier")
    endif()
    get_target_property(uses_torch ${link} STRATAFORM_USES_TORCH)
    if(uses_torch)
      set_target_properties(${target} PROPERTIES STRATAFORM_USES_TORCH ON)
      target_compile_options(${target} PRIVATE ${strataform_cold_options})
      target_precompile_headers(${target} REUSE_FROM strataform_torch_pch)
      return()
    endif()
  endforeach()
endfunction()

function(strataform_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;PRIVATE_LINKS")
  set(target strataform_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(strataform::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>"
    "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${target} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
  strataform_cool(${target} ${arg_LINKS} ${arg_PRIVATE_LINKS})
  install(TARGETS ${target} EXPORT strataformTargets)
endfunction()

function(strataform_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS})
  strataform_cool(${name} ${arg_LINKS})
endfunction()

# The tests of one folder: target <folder>_tests. STRATAFORM_SHARED_DIR is where reference data may be found.
function(strataform_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  strataform_program(${name}_tests SOURCES ${arg_SOURCES} LINKS ${arg_LINKS} GTest::gtest_main)
  set_target_properties(${name}_tests PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_include_directories(${name}_tests PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${name}_tests PRIVATE STRATAFORM_SHARED_DIR="${STRATAFORM_SHARED_DIR}")
  gtest_discover_tests(${name}_tests DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 600)
endfunction()

# A benchmark of one folder: target <folder>_bench.
function(strataform_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  strataform_program(${name}_bench SOURCES ${arg_SOURCES} LINKS ${arg_LINKS} benchmark::benchmark_main)
  set_target_properties(${name}_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
endfunction()
