#include <iostream>

int part0(), part1(), part2(), part3(), part4(), part5(), part6(), part7();

int main() {
  std::cout << part0() + part1() + part2() + part3() + part4() + part5() + part6() + part7() << std::endl;
}
