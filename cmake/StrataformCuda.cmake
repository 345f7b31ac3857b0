# Enables CUDA where its compiler is found: STRATAFORM_CUDA says whether it is.
#
# Found means that it compiles a program with the C++ compiler of this build as its host compiler, and knows C++20.
include(CheckLanguage)

set(STRATAFORM_CUDA OFF)
if(NOT STRATAFORM_WITH_CUDA)
  return()
endif()
if(NOT DEFINED ENV{CUDAHOSTCXX})
  # check_language() hides the CMake variable for it.
  set(ENV{CUDAHOSTCXX} "${CMAKE_CXX_COMPILER}")
endif()
check_language(CUDA)
if(CMAKE_CUDA_COMPILER)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    # Turing, Ampere, Hopper, and by the last one's intermediate code whatever comes later.
    set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 90)
  endif()
  enable_language(CUDA)
  if(CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
    set(STRATAFORM_CUDA ON)
    find_package(CUDAToolkit REQUIRED)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake 3.25 does not know it
      set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
      set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
    endif()
  else()
    message(STATUS "CUDA ${CMAKE_CUDA_COMPILER_VERSION} is not used: it is older than C++20")
  endif()
endif()
