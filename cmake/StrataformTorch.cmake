# Defines strataform::torch, the LibTorch that everything is built against. Installed with the package too, so that a
# program which embeds strataform finds its LibTorch in the same way.
#
# The first of these that leads to a LibTorch is used:
#   Torch_DIR              CMake variable: <LibTorch>/share/cmake/Torch
#   STRATAFORM_LIBTORCH    CMake variable or environment: <LibTorch>
#   CMAKE_PREFIX_PATH      CMake variable or environment: <LibTorch> or <LibTorch>/share/cmake
#   .venv                  the wheel that scripts/setup.sh installed
#   the system             /usr/local, /usr
#
# TorchConfig.cmake only marks the place and is not used: that of a CUDA wheel insists on a CUDA compiler, which
# nothing here needs.
foreach(named IN ITEMS "${STRATAFORM_LIBTORCH}" "$ENV{STRATAFORM_LIBTORCH}")
  if(named AND NOT EXISTS "${named}/share/cmake/Torch/TorchConfig.cmake")
    message(FATAL_ERROR "STRATAFORM_LIBTORCH: expected a LibTorch, found no share/cmake/Torch in ${named}")
  endif()
endforeach()
set(torch_suffixes Torch share/cmake/Torch)
cmake_path(CONVERT "$ENV{CMAKE_PREFIX_PATH}" TO_CMAKE_PATH_LIST torch_environment)
find_path(torch_config_dir TorchConfig.cmake
          PATHS ${Torch_DIR} ${STRATAFORM_LIBTORCH} $ENV{STRATAFORM_LIBTORCH} ${CMAKE_PREFIX_PATH} ${torch_environment}
          PATH_SUFFIXES ${torch_suffixes} NO_DEFAULT_PATH NO_CACHE)
if(NOT torch_config_dir AND EXISTS "${PROJECT_SOURCE_DIR}/.venv/bin/python")
  execute_process(COMMAND "${PROJECT_SOURCE_DIR}/.venv/bin/python" -c
                          "import torch.utils; print(torch.utils.cmake_prefix_path)"
                  OUTPUT_VARIABLE torch_prefix OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  find_path(torch_config_dir TorchConfig.cmake PATHS ${torch_prefix} PATH_SUFFIXES ${torch_suffixes}
            NO_DEFAULT_PATH NO_CACHE)
endif()
find_path(torch_config_dir TorchConfig.cmake PATHS /usr/local /usr PATH_SUFFIXES ${torch_suffixes}
          NO_DEFAULT_PATH NO_CACHE)
if(NOT torch_config_dir)
  message(FATAL_ERROR "LibTorch was not found. Run scripts/setup.sh, or name a LibTorch by "
                      "-DSTRATAFORM_LIBTORCH=<folder>.")
endif()
get_filename_component(STRATAFORM_TORCH_ROOT "${torch_config_dir}/../../.." ABSOLUTE)
message(STATUS "LibTorch: ${STRATAFORM_TORCH_ROOT}")

set(torch_libraries)
foreach(name IN ITEMS torch torch_cpu c10 torch_cuda c10_cuda)
  find_library(torch_library_${name} ${name} NO_DEFAULT_PATH NO_CACHE
               PATHS "${STRATAFORM_TORCH_ROOT}/lib" "${STRATAFORM_TORCH_ROOT}/lib/${CMAKE_LIBRARY_ARCHITECTURE}")
  if(torch_library_${name})
    list(APPEND torch_libraries "${torch_library_${name}}")
  elseif(NOT name MATCHES "cuda")
    message(FATAL_ERROR "${STRATAFORM_TORCH_ROOT} holds no library ${name}: it is not a complete LibTorch")
  endif()
endforeach()
cmake_path(GET torch_library_torch PARENT_PATH STRATAFORM_TORCH_LIB_DIR)

if(TARGET strataform::torch)
  return()  # a program that embeds strataform asks for it once more
endif()
add_library(strataform::torch INTERFACE IMPORTED GLOBAL)
set_target_properties(strataform::torch PROPERTIES STRATAFORM_USES_TORCH ON)
target_include_directories(strataform::torch INTERFACE
  "${STRATAFORM_TORCH_ROOT}/include" "${STRATAFORM_TORCH_ROOT}/include/torch/csrc/api/include")
target_link_libraries(strataform::torch INTERFACE ${torch_libraries})
# The CUDA library registers itself when it is loaded; no symbol of it is used directly.
target_link_options(strataform::torch INTERFACE "LINKER:--no-as-needed")
