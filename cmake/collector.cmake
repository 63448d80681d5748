# What every target of the project is built with.
add_library(collector_flags INTERFACE)
target_compile_options(collector_flags INTERFACE -Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor)
target_include_directories(collector_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(collector_flags INTERFACE -Wthread-safety)
endif()
if(COLLECTOR_SANITIZE)
  target_compile_options(collector_flags INTERFACE -fsanitize=${COLLECTOR_SANITIZE}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(collector_flags INTERFACE -fsanitize=${COLLECTOR_SANITIZE})
endif()

# collector_library(NAME SOURCES a.cc ... USES other libraries): the static library of one folder
# under src/. Libraries link only downward; tests/style checks the includes.
function(collector_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_library(collector_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(collector_${name} PUBLIC collector_flags ${ARG_USES})
endfunction()

# Whatever has the label unit: all that a sanitized build needs.
add_custom_target(unit_tests)

# ThreadSanitizer has nothing to say of tests that start no thread.
set(COLLECTOR_ONE_THREAD_TESTS ON)
if(COLLECTOR_SANITIZE STREQUAL "thread")
  set(COLLECTOR_ONE_THREAD_TESTS OFF)
endif()

# collector_test(NAME SOURCES a_test.cc ... USES libraries [LABELS ...] [ONE_THREAD]): one GoogleTest
# program, registered with ctest as one test so that a run stays short; `ctest -R NAME -V` shows its
# cases. ONE_THREAD: it starts no thread.
function(collector_test name)
  cmake_parse_arguments(ARG "ONE_THREAD" "TIMEOUT" "SOURCES;USES;LABELS" ${ARGN})
  if(ARG_ONE_THREAD AND NOT COLLECTOR_ONE_THREAD_TESTS)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE collector_flags ${ARG_USES} GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
                             COLLECTOR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS};unit" TIMEOUT ${ARG_TIMEOUT})
  add_dependencies(unit_tests ${name})
endfunction()

# collector_replay(NAME USES libraries): what fuzz/NAME.cc found (tests/testdata/fuzz/NAME) through
# the same code, as a unit test of every build.
function(collector_replay name)
  if(NOT COLLECTOR_ONE_THREAD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "USES" ${ARGN})
  add_executable(${name}_replay ${PROJECT_SOURCE_DIR}/fuzz/${name}.cc
                 ${PROJECT_SOURCE_DIR}/fuzz/replay.cc)
  target_link_libraries(${name}_replay PRIVATE collector_flags ${ARG_USES})
  target_include_directories(${name}_replay PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_test(NAME ${name}_replay
           COMMAND ${name}_replay ${PROJECT_SOURCE_DIR}/tests/testdata/fuzz/${name})
  set_tests_properties(${name}_replay PROPERTIES LABELS unit TIMEOUT 120)
  add_dependencies(unit_tests ${name}_replay)
endfunction()

# collector_pytest(NAME PATH tests/e2e LABEL e2e [NEEDS targets] [ENVIRONMENT A=b ...] [TIMEOUT s]):
# a suite of pytest, registered with ctest as one test. It runs in .venv (scripts/python-environment
# makes it) from the top folder; a suite that skips something or holds no test fails. A value of
# ENVIRONMENT may be $<TARGET_FILE:...>; the targets of NEEDS then have to be built before. ctest
# starts the ones with the longest time-outs first, so that none is left to run alone at the end.
function(collector_pytest name)
  cmake_parse_arguments(ARG "" "PATH;LABEL;TIMEOUT" "NEEDS;ENVIRONMENT" ${ARGN})
  foreach(target ${ARG_NEEDS})
    if(NOT TARGET ${target})
      message(FATAL_ERROR "${name} needs the target ${target}, which does not exist")
    endif()
  endforeach()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_test(NAME ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
           COMMAND ${PROJECT_SOURCE_DIR}/.venv/bin/python -m pytest -q -rfE --tb=short
                   -p no:cacheprovider -p no_skips ${ARG_PATH})
  set(path "PYTHONPATH=${PROJECT_SOURCE_DIR}:${PROJECT_SOURCE_DIR}/tests/pytest_plugins")
  set_tests_properties(${name} PROPERTIES
    LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT} COST ${ARG_TIMEOUT}
    ENVIRONMENT "${path};PYTHONDONTWRITEBYTECODE=1;${ARG_ENVIRONMENT}")
endfunction()
