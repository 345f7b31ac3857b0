# Puts ccache in front of the compiler where it is installed and the user has chosen no launcher.
find_program(STRATAFORM_CCACHE ccache)
if(STRATAFORM_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache caches nothing that uses a precompiled header unless it may assume that defines and time stamps do not
  # matter to it; the precompiled header holds LibTorch alone, for which that is true.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_SLOPPINESS=pch_defines,time_macros"
      "${STRATAFORM_CCACHE}")
endif()
